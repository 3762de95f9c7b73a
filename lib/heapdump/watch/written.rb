# frozen_string_literal: true

require "json"

module HeapDump
  class Watch
    # Small files in JSON that are whole or not there: a reader never sees half of one.
    module Written # :nodoc:
      module_function

      # JSON of +value+, whatever bytes its texts have.
      def json(value)
        JSON.generate(valid(value))
      end

      def valid(value)
        case value
        when String, Symbol then Terminal::Text.valid(value.to_s)
        when Hash then value.to_h { |key, one| [valid(key), valid(one)] }
        when Array then value.map { |one| valid(one) }
        else value
        end
      end

      # Writes +value+. Raises SystemCallError.
      def write(path, value)
        temporary = "#{path}.#{Process.pid}"
        flags = File::WRONLY | File::CREAT | File::TRUNC | File::NOFOLLOW
        File.write(temporary, "#{json(value)}\n", flags: flags, perm: 0o600)
        File.rename(temporary, path)
      rescue SystemCallError
        remove(temporary)
        raise
      end

      def remove(path)
        File.unlink(path)
      rescue SystemCallError
        nil
      end
    end
  end
end

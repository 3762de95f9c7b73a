# frozen_string_literal: true

require_relative "terminal/text"
require_relative "terminal/json"

module HeapDump
  # Small files that are whole or not there: a reader never sees half of one. Only their owner can
  # read them. Both methods raise SystemCallError.
  module WholeFile # :nodoc:
    FLAGS = File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW
    private_constant :FLAGS

    module_function

    # With +sync+ it is on the disk before it has its name.
    def write(path, text, sync: false)
      temporary = own_name(path)
      File.open(temporary, FLAGS, 0o600) do |io|
        io.binmode.write(text)
        io.fsync if sync
      end
      File.rename(temporary, path)
    rescue SystemCallError
      remove(temporary)
      raise
    end

    # A line of JSON, whatever bytes the texts of +value+ have.
    def write_json(path, value, sync: false)
      write(path, "#{Terminal::Json.compact(value)}\n", sync: sync)
    end

    # Processes of several containers, which share a directory, may all have the number 1.
    def own_name(path)
      "#{path}.#{Process.pid}-#{Random.urandom(6).unpack1("H*")}"
    end
    private_class_method :own_name

    def remove(path)
      File.unlink(path)
    rescue SystemCallError
      nil
    end
    private_class_method :remove
  end
end

# frozen_string_literal: true

module HeapDump
  module Ship
    # Addresses, and which sink is for which of them. An address may have a secret in it, so no
    # message repeats one.
    module Address # :nodoc:
      SINKS = { "file" => :Folder, "s3" => :S3, "https" => :Https, "http" => :Https,
                "exec" => :Command, "rails" => :Rails }.freeze
      KINDS = "/dir, s3://bucket/prefix, https://host/dir/, exec:COMMAND, rails:SERVICE, env:NAME"
      # What others have for stores without a sink.
      INSTEAD = {
        "gs" => "rails:SERVICE or 'exec:gcloud storage cp - gs://bucket/%{name}'",
        "az" => "rails:SERVICE or a signed https:// address"
      }.freeze
      SCHEME = /\A([a-z][a-z0-9]*):/
      NAME = /\A[A-Za-z_]\w*\z/ # of a variable
      private_constant :SINKS, :KINDS, :INSTEAD, :SCHEME, :NAME

      module_function

      def sink(text, **options)
        text = resolve(text)
        return Folder.new(text) if text.start_with?("/", "./", "../")

        scheme = text[SCHEME, 1]
        kind = SINKS[scheme] or raise Error, unknown(scheme)
        Ship.const_get(kind).from(text, **options)
      end

      # The address that an address stands for. Raises HeapDump::Error if that is none.
      def resolve(text)
        raise Error, "the address is empty; give one of #{KINDS}" if text.strip.empty?
        raise Error, "the address has a line break or a NUL in it" if text.match?(/[\0\r\n]/)
        return text unless text.start_with?("env:")

        name = text.delete_prefix("env:")
        raise Error, "env: needs the name of a variable, without \"$\"" unless name.match?(NAME)

        value = ENV.fetch(name, "").chomp # files end with a line break
        raise Error, "#{name} is not set; it is to have the address" if value.empty?
        raise Error, "#{name} has the name of another variable" if value.start_with?("env:")

        resolve(value)
      end

      # Raises HeapDump::Error if an address must not be in a command line, which all users of the
      # machine can read.
      def check_argument(text)
        return unless text.match?(/\Ahttps?:[^?]*\?/)

        raise Error, "an https:// address with a \"?\" may be signed, and every user can read " \
                     "the arguments of a command; put it into the environment, and name it: " \
                     "HEAPDUMP_TO='https://…' heapdump … --to env:HEAPDUMP_TO"
      end

      def unknown(scheme)
        return "the address has no kind; give one of #{KINDS}" unless scheme
        return "there is no sink for #{scheme}:; use #{INSTEAD[scheme]}" if INSTEAD.key?(scheme)

        "there is no sink for #{scheme}:; give one of #{KINDS}"
      end
      private_class_method :unknown
    end
  end
end

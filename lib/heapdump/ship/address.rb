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
      # Of many objects. `%{name}` is where the name of a dump stands.
      MANY = %r{\Ahttps?://[^/?#]+/(?:(?:[^?]*/)?(?:\?|\z)|.*%(?:\{name\}|7Bname%7D))}
      BY_HAND = "ship them by hand, for a watch never does: `heapdump ship --plain-http`"
      private_constant :SINKS, :KINDS, :INSTEAD, :SCHEME, :NAME, :MANY, :BY_HAND

      module_function

      def sink(text, **options)
        text = resolve(text)
        return Folder.new(text) if folder?(text)

        Ship.const_get(SINKS.fetch(scheme(text))).from(text, **options)
      end

      # The address that it stands for. Raises HeapDump::Error for one that cannot be right for the
      # dumps of a +directory+, in the words of ::sink. No library is loaded for that, so ::sink
      # finds more that may be wrong: it needs an SDK, for one.
      def check(text, directory)
        text = resolve(text)
        return checked_folder(text, directory) if folder?(text)

        case scheme(text)
        when "file" then return checked_folder(text, directory)
        when "s3" then S3Address.new(text, instead: BY_HAND)
        when "https", "http" then check_server(text)
        when "exec" then Command.from(text)
        when "rails" then service(text)
        end
        text
      end

      # Name and prefix of a service of Active Storage (Strings).
      def service(text)
        service, _, prefix = text.delete_prefix("rails:").partition("/")
        return [service, prefix] unless service.empty?

        raise Error, "rails: needs the name of a service, as in config/storage.yml"
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

      def folder?(text)
        text.start_with?("/", "./", "../")
      end
      private_class_method :folder?

      def scheme(text)
        scheme = text[SCHEME, 1]
        SINKS.key?(scheme) ? scheme : raise(Error, unknown(scheme))
      end
      private_class_method :scheme

      def check_server(text)
        PlainHTTP.check(text.gsub("%{name}", "name"), "the address", instead: BY_HAND)
        PlainHTTP.authorization
        return if text.match?(MANY)

        raise Error, "https: needs the form https://host/dir/ or https://host/…%{name}…"
      end
      private_class_method :check_server

      # Where it is from now on, whatever the current directory will be.
      def checked_folder(text, directory)
        path = (folder?(text) ? Folder.new(text) : Folder.from(text)).path
        return path unless path == directory || File.identical?(path, directory)

        raise Error, "#{path} is the directory itself; give another place"
      end
      private_class_method :checked_folder

      def unknown(scheme)
        return "the address has no kind; give one of #{KINDS}" unless scheme
        return "there is no sink for #{scheme}:; use #{INSTEAD[scheme]}" if INSTEAD.key?(scheme)

        "there is no sink for #{scheme}:; give one of #{KINDS}"
      end
      private_class_method :unknown
    end
  end
end

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
      # What an address of a kind must be like, if many dumps are to go there, and how to write it.
      FORMS = {
        "s3" => [%r{\As3://[a-z0-9][\w.-]+(?:[/?]|\z)}, "s3://bucket/prefix?region=…"],
        "https" => [%r{\Ahttps?://[^/?#@]+/(?:(?:[^?]*/)?(?:\?|\z)|.*%(?:\{name\}|7Bname%7D))},
                    "https://host/dir/ or https://host/…%{name}…"],
        "exec" => [/\Aexec:\s*\S/, "exec:COMMAND"],
        "rails" => [%r{\Arails:[^/]}, "rails:SERVICE/prefix"]
      }.freeze
      PLAIN = "http:// would send dumps over the network as plain text, and a watch never does; " \
              "use https://, or ship them by hand: `heapdump ship --plain-http`"
      # Of this machine: there is no network in between. PlainHTTP says it exactly, with libraries.
      LOOPBACK = %r{\Ahttp://(?:localhost|127\.[\d.]+|\[[0:]+1\])(?::\d+)?/}i
      private_constant :SINKS, :KINDS, :INSTEAD, :SCHEME, :NAME, :FORMS, :PLAIN, :LOOPBACK

      module_function

      def sink(text, **options)
        text = resolve(text)
        return Folder.new(text) if folder?(text)

        Ship.const_get(SINKS.fetch(scheme(text))).from(text, **options)
      end

      # The address that it stands for. Raises HeapDump::Error for one that cannot be right for the
      # dumps of a +directory+. Nothing is loaded or run for that, so ::sink finds more that may be
      # wrong: it needs an SDK, for one.
      def check(text, directory)
        text = resolve(text)
        kind = folder?(text) ? "file" : scheme(text)
        return checked_folder(text, directory) if kind == "file"

        form, words = FORMS.fetch(kind == "http" ? "https" : kind)
        raise Error, "#{kind}: needs the form #{words}" unless text.match?(form)
        raise Error, PLAIN if kind == "http" && !text.match?(LOOPBACK)

        text
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

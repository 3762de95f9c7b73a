# frozen_string_literal: true

require "digest"

module HeapDump
  module Ship
    # A service of Active Storage, with the keys that the application has for it. The application
    # itself is not booted: only its configuration is loaded, from the current directory.
    class Rails < Sink # :nodoc:
      PREFIX = "heapdump"
      private_constant :PREFIX

      def self.from(text, **)
        service, prefix = Address.service(text)
        new(service, prefix.empty? ? PREFIX : prefix)
      end

      # +service+ is a name, or an Active Storage service itself.
      def initialize(service, prefix = PREFIX)
        super()
        @prefix = prefix.delete_suffix("/")
        @name = service.respond_to?(:upload) ? service.name.to_s : service
        @service = service.respond_to?(:upload) ? service : find(service)
      end

      def to_s
        "rails:#{@name}/#{@prefix}"
      end

      def deliver(file, facts)
        name = name_of(file, facts)
        key = "#{@prefix}/#{name}"
        case @service.exist?(key) ? compare(key, file) : :nothing
        when :other then conflict("rails:#{@name}/#{key}")
        when :nothing, :part then upload(key, file)
        end
        Receipt.new("rails:#{@name}/#{key}")
      rescue StandardError => e # of any SDK
        raise if e.is_a?(Error)

        raise Error, "#{self}: #{e.class.name}"
      end

      private

      def find(name)
        registry = if defined?(::Rails) && ::Rails.application&.initialized?
                     ::ActiveStorage::Blob.services
                   else
                     configured
                   end
        registry.fetch(name) { raise Error, "config/storage.yml has no service #{name}" }
      rescue StandardError, ScriptError => e # the service's own gem is missing, or a variable
        raise if e.is_a?(Error)

        raise Error, "the service #{name} of Active Storage cannot be used: " \
                     "#{e.message.lines.first}"
      end

      def configured
        application = File.expand_path("config/application.rb")
        unless File.file?(application)
          raise Error, "there is no config/application.rb here; run it in the directory of the app"
        end

        require application
        require "active_storage"
        require "active_storage/service"
        ::ActiveStorage::Service::Registry.new(settings)
      end

      # The file that Rails itself takes.
      def settings
        folder = ::Rails.root.join("config")
        files = [folder.join("storage/#{::Rails.env}.yml"), folder.join("storage.yml")]
        file = files.find(&:exist?) or raise Error, "there is no config/storage.yml"
        require "active_support/configuration_file"
        ::ActiveSupport::ConfigurationFile.parse(file)
      end

      def upload(key, file)
        File.open(file, Source::FLAGS) do |io|
          @service.upload(key, io, checksum: Digest::MD5.file(file).base64digest)
        end
      end

      # What is there under that name: the :same, a :part of it (the beginning, which a try that was
      # killed has left), or :other.
      def compare(key, file)
        File.open(file, Source::FLAGS) do |io|
          @service.download(key) do |chunk|
            return :other unless io.read(chunk.bytesize) == chunk
          end
          io.eof? ? :same : :part
        end
      end
    end
  end
end

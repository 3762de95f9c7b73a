# frozen_string_literal: true

require "securerandom"

module HeapDump
  module Measure
    # An application that is to be measured: its directory, what loads it, and its environment.
    #
    #   App.new("/srv/shop").entry # => "config.ru"
    class App # :nodoc:
      ENTRIES = %w[config.ru config/environment.rb].freeze
      GEMFILES = %w[Gemfile gems.rb].freeze
      # Where Rails finds its secret.
      SECRETS = %w[config/master.key config/credentials/production.key
                   config/secrets.yml].freeze
      private_constant :ENTRIES, :GEMFILES, :SECRETS

      attr_reader :directory

      # +environment+ is the name of the environment ("production"); without it RAILS_ENV or
      # RACK_ENV decides. Raises HeapDump::Error if nothing there is an application.
      def initialize(directory, environment = nil)
        @directory = File.absolute_path(directory)
        @environment = environment
        return if entry

        raise Error, "there is no directory #{directory}" unless File.directory?(directory)

        raise Error, "#{@directory} has neither config.ru nor config/environment.rb; give the " \
                     "directory of a Rack or Rails application"
      end

      # The file that loads the application, as seen from the directory.
      def entry
        @entry ||= ENTRIES.find { |file| File.file?(File.join(directory, file)) }
      end

      def name
        File.basename(directory)
      end

      # The name of the environment. Figures of "development" would be those of an application that
      # loads its code again and again.
      def environment
        @environment || given("RAILS_ENV") || given("RACK_ENV") || "production"
      end

      # What the process of the application has in its environment besides that of this one.
      def variables
        variables = { "RAILS_ENV" => environment, "RACK_ENV" => environment }
        variables["BUNDLE_GEMFILE"] = gemfile if gemfile
        variables["SECRET_KEY_BASE"] = SecureRandom.hex(64) unless secret?
        variables
      end

      # The Gemfile whose gems it uses; nil if there is none.
      def gemfile
        given("BUNDLE_GEMFILE") ||
          GEMFILES.map { |file| File.join(directory, file) }.find { |file| File.file?(file) }
      end

      private

      def given(name)
        ENV.fetch(name, nil).then { |value| value unless value.to_s.empty? }
      end

      # Whether the application has a secret for its cookies. Rails does not begin without one.
      def secret?
        given("SECRET_KEY_BASE") || given("RAILS_MASTER_KEY") ||
          SECRETS.any? { |file| File.file?(File.join(directory, file)) }
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Ship
    # The client of the gem aws-sdk-s3, which an application has to have in its Gemfile. It looks
    # for keys where it always does: environment, profile, role of the machine.
    module S3Client # :nodoc:
      # The first one with conditional uploads in parts, and whose checksums can be switched off.
      LEAST = "1.178"
      GEMFILE = "gem \"aws-sdk-s3\", \">= #{LEAST}\", \"< 2\"".freeze
      private_constant :LEAST, :GEMFILE

      module_function

      # Raises HeapDump::Error if the gem is missing or too old, or something is missing that it
      # needs.
      def new(region:, endpoint:, timeout:)
        load_sdk
        make(region, endpoint, timeout)
      end

      # A store other than S3 seldom cares about the region, but signatures need one.
      def make(region, endpoint, timeout)
        ::Aws::S3::Client.new(
          retry_mode: "standard", max_attempts: 3, http_open_timeout: timeout,
          http_read_timeout: timeout, logger: nil, **{ region: region }.compact,
          **(endpoint ? of_another_store(endpoint) : {})
        )
      rescue ::Aws::Errors::MissingRegionError
        return make("us-east-1", endpoint, timeout) if endpoint && region.nil?

        raise Error, "the region of the bucket is not known; give it: s3://…?region=eu-central-1"
      rescue ::Aws::Errors::InvalidRegionError
        raise Error, "s3: has a region that is none; it has the form ?region=eu-central-1"
      rescue StandardError => e # it looks for keys already, in all places that are set up
        raise if e.is_a?(Error)

        raise Error, "s3: what the environment or a profile says of keys and settings cannot be " \
                     "used: #{e.message.lines.first}"
      end
      private_class_method :make

      def load_sdk
        require "aws-sdk-s3"
        ::Aws::Xml::Parser.engine # else it would be missed with the first answer
        return if Gem::Version.new(::Aws::S3::GEM_VERSION) >= Gem::Version.new(LEAST)

        raise Error, "aws-sdk-s3 #{::Aws::S3::GEM_VERSION} is too old for s3:; " \
                     "the Gemfile needs: #{GEMFILE}"
      rescue LoadError
        raise Error, "s3: needs a gem; add this line to the Gemfile: #{GEMFILE}"
      rescue RuntimeError => e
        raise unless e.message.include?("compatible xml library")

        raise Error, "aws-sdk-s3 needs a parser of XML; add this line to the Gemfile: gem \"rexml\""
      end
      private_class_method :load_sdk

      # Many stores refuse the checksums that S3 itself has got used to. And a store could send the
      # dump anywhere, even as plain text.
      def of_another_store(endpoint)
        { endpoint: endpoint, force_path_style: true, follow_redirects: false,
          request_checksum_calculation: "when_required",
          response_checksum_validation: "when_required" }
      end
      private_class_method :of_another_store
    end
  end
end

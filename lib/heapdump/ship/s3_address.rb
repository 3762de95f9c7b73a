# frozen_string_literal: true

module HeapDump
  module Ship
    # The parts of an address s3://bucket/prefix?parameters. A watch asks for them when it is
    # called, so nothing is loaded for that.
    class S3Address # :nodoc:
      FORM = %r{\As3://(?<bucket>[a-z0-9][\w.-]+)(?:/(?<prefix>[^?#]*))?(?:\?(?<query>[^#]*))?\z}
      PARAMETERS = %w[region endpoint sse kms_key].freeze
      REGION = /\A(?!-)[a-zA-Z0-9-]{1,63}(?<!-)\z/ # it becomes a part of the name of a host
      ENCRYPTIONS = %w[AES256 aws:kms aws:kms:dsse aws:fsx].freeze
      DAMAGED = /%(?!\h\h)/
      private_constant :FORM, :PARAMETERS, :REGION, :ENCRYPTIONS, :DAMAGED

      # Strings; nil for a parameter that is not there.
      attr_reader :bucket, :prefix, :region, :endpoint, :sse, :kms_key

      # Raises HeapDump::Error if something is wrong with it. The rest is as in PlainHTTP.check.
      def initialize(text, **plain)
        parts = FORM.match(text) or raise Error, wrong(text)
        @bucket = parts[:bucket]
        @prefix = parts[:prefix].to_s
        @region, @endpoint, @sse, @kms_key = parameters(parts[:query].to_s).values_at(*PARAMETERS)
        check_region
        PlainHTTP.check(@endpoint, "endpoint=", **plain) if @endpoint
        check_encryption
      end

      private

      def wrong(text)
        return "s3: needs the form s3://bucket/prefix?region=…" unless text[/\A[^?]*/].include?("@")

        "s3: has an \"@\" in it: keys do not belong there, the SDK finds them in the environment"
      end

      def parameters(query)
        if query.match?(DAMAGED)
          raise Error, "the parameters of s3: are damaged; special characters are written as %XX"
        end

        pairs = query.split("&").map { |pair| [*pair.split("=", 2), ""].first(2) }
        given = pairs.to_h { |pair| pair.map { |one| plain(one) } }
        return given if (given.keys - PARAMETERS).empty?

        raise Error, "s3: has an unknown parameter; there are #{PARAMETERS.join(", ")}"
      end

      def plain(text)
        bytes = text.b.tr("+", " ").gsub(/%\h\h/) { |code| [code[1..]].pack("H2") }
        bytes.force_encoding(Encoding::UTF_8).scrub
      end

      def check_region
        return if @region.nil? || @region.match?(REGION)

        raise Error, "s3: has a region that is none; it has the form ?region=eu-central-1"
      end

      def check_encryption
        unless @sse.nil? || ENCRYPTIONS.include?(@sse)
          raise Error, "s3: sse= is one of #{ENCRYPTIONS.join(", ")}"
        end
        return if @kms_key.nil? || @sse.to_s.start_with?("aws:kms")

        raise Error, "s3: kms_key= needs sse=aws:kms beside it"
      end
    end
  end
end

# frozen_string_literal: true

require "digest"

module HeapDump
  module Ship
    # A bucket of S3, or of another store that speaks its language. A large file goes in parts, one
    # after the other, and exists when the last one has come. It replaces no other file.
    class S3 < Sink # :nodoc:
      PART = 16 << 20 # bytes
      MOST_PARTS = 10_000
      # The store does not know If-None-Match.
      UNKNOWN = "NotImplemented"
      private_constant :MOST_PARTS, :UNKNOWN

      def self.from(text, timeout:, plain_http: false)
        given = S3Address.new(text, allowed: plain_http)
        client = S3Client.new(region: given.region, endpoint: given.endpoint, timeout: timeout)
        options = { server_side_encryption: given.sse, ssekms_key_id: given.kms_key }.compact
        new(client, given.bucket, given.prefix, options, verify: !given.endpoint.nil?)
      end

      # What reads a bucket: a client, the name of the bucket, and the prefix. Raises
      # HeapDump::Error.
      def self.reader(text, timeout: 60, plain_http: false)
        from(text, timeout: timeout, plain_http: plain_http).reader
      end

      # +options+ of an upload; +verify+: send a digest of each part, because checksums are off.
      def initialize(client, bucket, prefix, options = {}, verify: false, part: PART)
        super()
        @client = client
        @bucket = bucket
        @prefix = Terminal::Text.valid(prefix).gsub(%r{\A/+|/+\z}, "")
        @options = options
        @verify = verify
        @part = part
      end

      def to_s
        ["s3://#{@bucket}", @prefix].reject(&:empty?).join("/")
      end

      def reader
        [@client, @bucket, @prefix]
      end

      # Yields, and raises HeapDump::Error in words for what the SDK raises.
      def self.guard(name)
        yield
      rescue ::Aws::Errors::ServiceError, ::Seahorse::Client::NetworkingError,
             ::Aws::Errors::MissingCredentialsError, ::Aws::Errors::NoSuchEndpointError => e
        raise Error, "#{name}: #{words(e)}"
      rescue ::URI::Error # its message has the password of the proxy
        raise Error, "#{name}: the proxy in the environment is no valid address"
      rescue Net::ProtocolError => e
        raise Error, "#{name}: the proxy refuses it (#{e.message})"
      end

      def self.words(error)
        case error
        when ::Aws::Errors::MissingCredentialsError
          "no keys were found, neither in the environment nor in a profile or role"
        when ::Seahorse::Client::NetworkingError then "the store does not answer (#{error.message})"
        when ::Aws::Errors::ServiceError then [error.code, error.message].uniq.join(": ")
        else error.message
        end
      end
      private_class_method :words

      def deliver(file, facts)
        S3.guard(self) do
          object = { bucket: @bucket,
                     key: [@prefix, key_of(file, facts)].reject(&:empty?).join("/") }
          sha256 = sha256_of(file, facts)
          unfinished = Unfinished.new(file, object)
          unfinished.end_all { |id| abort(object, id) }
          etag = there(object, sha256) || conditional do |**condition|
            upload(file, object, sha256, condition, unfinished)
          end || taken(object, sha256)
          Receipt.new(address(object), etag.delete('"'))
        end
      end

      private

      # Keys are text.
      def key_of(file, facts)
        Terminal::Text.valid(name_of(file, facts))
      end

      def address(object)
        "s3://#{object[:bucket]}/#{object[:key]}"
      end

      # The etag of the file if it is there already: a process before this one may have been killed
      # between the last byte and its note. nil if nothing is there, false if that may not be asked.
      def there(object, sha256)
        found = @client.head_object(**object)
        conflict(address(object)) unless found.metadata["sha256"] == sha256
        found.etag
      rescue ::Aws::S3::Errors::NotFound, ::Aws::S3::Errors::NoSuchKey
        nil
      rescue ::Aws::S3::Errors::Forbidden, ::Aws::S3::Errors::AccessDenied
        false
      end

      # The etag of the file, if it is what has the name.
      def taken(object, sha256)
        found = there(object, sha256)
        hidden(address(object)) if found == false
        found || conflict(address(object))
      end

      # Yields the condition that nothing has this name; without it where the store does not know
      # conditions. Returns nil if something has it.
      def conditional
        yield(if_none_match: "*")
      rescue ::Aws::S3::Errors::PreconditionFailed
        nil
      rescue ::Aws::S3::Errors::ServiceError => e
        raise unless e.code == UNKNOWN

        yield
      end

      def upload(file, object, sha256, condition, unfinished)
        with = { metadata: { "sha256" => sha256 }, content_type: "application/octet-stream",
                 **@options }
        Source.open(file, sha256) do |source|
          next upload_in_parts(source, object, with, condition, unfinished) if source.size > @part

          bytes = source.read
          @client.put_object(**object, **with, **condition, **digest(bytes), body: bytes).etag
        end
      end

      def upload_in_parts(source, object, with, condition, unfinished)
        abort_unfinished(object)
        id = @client.create_multipart_upload(**object, **with).upload_id
        unfinished.begun(id)
        parts = { parts: send_parts(source, object, id) }
        @client.complete_multipart_upload(**object, **condition, upload_id: id,
                                                                 multipart_upload: parts)
               .etag.tap { unfinished.ended(id) }
      rescue StandardError
        unfinished.ended(id) if id && abort(object, id)
        raise
      end

      def send_parts(source, object, id)
        length = [@part, (source.size + MOST_PARTS - 1) / MOST_PARTS].max
        bytes = String.new(capacity: length) # the same memory for each part
        (1..).each_with_object([]) do |number, parts|
          source.read(length, bytes) or return parts
          part = @client.upload_part(**object, upload_id: id, part_number: number, body: bytes,
                                               **digest(bytes))
          parts << { etag: part.etag, part_number: number }
          GC.start # a part leaves as much garbage, and a sidecar has little memory
        end
      end

      def digest(bytes)
        { content_md5: (Digest::MD5.base64digest(bytes) if @verify) }.compact
      end

      # Parts that a process has left which was killed would be stored, and paid for, for ever. Not
      # everybody may look for them, and not every store can list them.
      def abort_unfinished(object)
        found = @client.list_multipart_uploads(bucket: object[:bucket], prefix: object[:key])
        found.uploads.each { |one| abort(object, one.upload_id) if one.key == object[:key] }
      rescue ::Aws::S3::Errors::ServiceError
        nil
      end

      # Whether there is no such upload any more.
      def abort(object, id)
        @client.abort_multipart_upload(**object, upload_id: id)
        true
      rescue ::Aws::S3::Errors::NoSuchUpload
        true
      rescue ::Aws::Errors::ServiceError, ::Seahorse::Client::NetworkingError
        false
      end
    end
  end
end

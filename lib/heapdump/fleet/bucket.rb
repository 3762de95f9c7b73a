# frozen_string_literal: true

require "tmpdir"
require_relative "../dump_files"
require_relative "../ship"

module HeapDump
  module Fleet
    # Dumps in a bucket of S3, as `heapdump ship` leaves them there.
    class Bucket # :nodoc:
      # +address+:: "s3://bucket/prefix?region=…". Raises HeapDump::Error.
      def initialize(address)
        @client, @name, prefix = Ship::S3.reader(address)
        @prefix = prefix.empty? ? "" : "#{prefix}/" # a directory, not what begins as it does
      end

      # All files below the prefix that may be dumps, by their names (Array of Source::File).
      def files
        guard do
          @client.list_objects_v2(bucket: @name, prefix: @prefix).each.flat_map(&:contents)
                 .select { |object| DumpFiles.dump_name?(object.key) }
                 .map { |object| file(object) }
        end
      end

      # Yields the path of a copy, with its manifest beside it; both are gone afterwards. Raises
      # ReadError if it cannot be fetched: it may have gone, or be readable for others alone.
      def fetch(key)
        Dir.mktmpdir("heapdump-fleet") do |directory|
          path = File.join(directory, File.basename(key))
          copy(key, path)
          yield path
        end
      end

      private

      def copy(key, path)
        got = guard { @client.get_object(bucket: @name, key: key, response_target: path) }
        File.utime(got.last_modified, got.last_modified, path) if got.last_modified
        manifest(key, path)
      rescue Error, ::Aws::Errors::ChecksumError => e
        raise ReadError.new("it cannot be fetched: #{e.message}", key)
      end

      def file(object)
        Source::File.new(uri: "s3://#{@name}/#{object.key}", path: object.key, bytes: object.size,
                         changed_at: object.last_modified.round(6), bucket: self)
      end

      def manifest(key, path)
        guard do
          @client.get_object(bucket: @name, key: key + DumpFiles::MANIFEST,
                             response_target: path + DumpFiles::MANIFEST)
        rescue ::Aws::S3::Errors::NoSuchKey, ::Aws::S3::Errors::NotFound
          FileUtils.rm_f(path + DumpFiles::MANIFEST)
        end
      end

      def guard(&)
        Ship::S3.guard("s3://#{@name}", &)
      end
    end
  end
end

# frozen_string_literal: true

require "digest"
require "support/loopback_server"

# A store on this machine that speaks as much of S3 as an upload needs, and has the faults of real
# ones. It knows no signatures.
class S3Server
  include LoopbackServer

  Thing = Struct.new(:body, :metadata, :headers) do
    def etag
      "\"#{Digest::MD5.hexdigest(body)}\""
    end
  end
  Upload = Struct.new(:key, :metadata, :headers, :parts)

  # Objects by bucket/key, and uploads in parts that are not finished, by their ids.
  attr_reader :things, :uploads
  # [method, path with query] of each request.
  attr_reader :requests

  # What the SDK warns of on Ruby 3.1 for each request, as much as all else that the suite prints.
  QUIET = Module.new do
    def warn(message, ...) = message.include?("Content-Type did not set") ? nil : super
  end
  Warning.singleton_class.prepend(QUIET)
  private_constant :QUIET

  PAGE = 2 # keys in a list, so that every test has several pages

  # Called with each request before it is answered; returns nil, or the code of an error (for a 307
  # the place to go to) and the status, or :stall.
  attr_writer :fault

  def initialize
    @things = {}
    @uploads = {}
    @requests = []
    @lock = Mutex.new
    start
  end

  def endpoint
    "http://127.0.0.1:#{port}"
  end

  def address(bucket, **more)
    "s3://#{bucket}?#{URI.encode_www_form(endpoint: endpoint, **more)}"
  end

  private

  def serve(request, answer)
    request.continue
    body = request.body.to_s # all of it, before there is an answer
    @lock.synchronize { @requests << [request.request_method, request.unparsed_uri] }
    code, status = @fault&.call(request)
    stall if code == :stall
    return error(answer, code, status || 500) if code

    @lock.synchronize { dispatch(request, answer, body) }
  end

  def dispatch(request, answer, body)
    key = request.path.delete_prefix("/")
    query = request.query_string.to_s.split("&").to_h { |pair| [*pair.split("=", 2), ""].first(2) }
    case [request.request_method, *(%w[uploads uploadId] & query.keys)]
    in ["HEAD" | "GET" => verb] then look(verb, key, query, answer)
    in ["PUT"] then put(key, request, answer, body)
    in ["POST", "uploads"] then begin_upload(key, request, answer)
    in ["PUT", "uploadId"] then put_part(query, request, answer, body)
    in ["POST", "uploadId"] then complete(query, request, answer, body)
    in ["DELETE", "uploadId"] then abort_upload(query, answer)
    in ["GET", "uploads"] then list_uploads(key, answer)
    end
  end

  def look(verb, key, query, answer)
    return head(key, answer) if verb == "HEAD"

    query["list-type"] ? list(key, query, answer) : get(key, answer)
  end

  def head(key, answer)
    thing = @things[key]
    return answer.status = 404 unless thing

    answer["ETag"] = thing.etag
    answer["Content-Length"] = thing.body.bytesize.to_s
    thing.metadata.each { |name, value| answer["x-amz-meta-#{name}"] = value }
  end

  def get(key, answer)
    thing = @things[key]
    return error(answer, "NoSuchKey", 404) unless thing

    answer["ETag"] = thing.etag
    answer.body = thing.body
  end

  def list(bucket, query, answer)
    prefix, after = [query["prefix"], query["continuation-token"]].map do |text|
      URI.decode_www_form_component(text.to_s)
    end
    keys = @things.keys.map { |key| key.delete_prefix("#{bucket}/") }.sort
    keys = keys.select { |key| key.start_with?(prefix) && key > after }
    shown = keys.first(PAGE)
    more = keys.size > PAGE
    xml(answer, "<ListBucketResult><IsTruncated>#{more}</IsTruncated>" \
                "#{"<NextContinuationToken>#{shown.last}</NextContinuationToken>" if more}" \
                "#{shown.map { |key| listed(bucket, key) }.join}</ListBucketResult>")
  end

  def listed(bucket, key)
    size = @things["#{bucket}/#{key}"].body.bytesize
    "<Contents><Key>#{key}</Key><LastModified>2026-03-01T04:00:00.000Z</LastModified>" \
      "<Size>#{size}</Size></Contents>"
  end

  def put(key, request, answer, body)
    return if taken?(key, request, answer) || damaged?(request, answer, body)

    @things[key] = Thing.new(body, metadata(request), headers(request))
    answer["ETag"] = @things[key].etag
  end

  def begin_upload(key, request, answer)
    id = "upload-#{@requests.size}"
    @uploads[id] = Upload.new(key, metadata(request), headers(request), {})
    xml(answer, "<InitiateMultipartUploadResult><UploadId>#{id}</UploadId>" \
                "</InitiateMultipartUploadResult>")
  end

  def put_part(query, request, answer, body)
    upload = @uploads[query["uploadId"]]
    return error(answer, "NoSuchUpload", 404) unless upload
    return if damaged?(request, answer, body)

    upload.parts[query["partNumber"].to_i] = body
    answer["ETag"] = "\"#{Digest::MD5.hexdigest(body)}\""
  end

  def complete(query, request, answer, body)
    upload = @uploads[query["uploadId"]]
    return error(answer, "NoSuchUpload", 404) unless upload
    return if taken?(upload.key, request, answer)

    numbers = body.scan(%r{<PartNumber>(\d+)</PartNumber>}).flatten.map(&:to_i)
    return error(answer, "InvalidPart", 400) unless numbers == upload.parts.keys.sort

    @uploads.delete(query["uploadId"])
    whole = upload.parts.sort.map(&:last).join
    @things[upload.key] = Thing.new(whole, upload.metadata, upload.headers)
    xml(answer, "<CompleteMultipartUploadResult><ETag>&quot;#{Digest::MD5.hexdigest(whole)}-" \
                "#{numbers.size}&quot;</ETag></CompleteMultipartUploadResult>")
  end

  def abort_upload(query, answer)
    @uploads.delete(query["uploadId"])
    answer.status = 204
  end

  def list_uploads(bucket, answer)
    found = @uploads.map do |id, upload|
      key = upload.key.delete_prefix("#{bucket}/")
      "<Upload><Key>#{key}</Key><UploadId>#{id}</UploadId></Upload>"
    end
    xml(answer, "<ListMultipartUploadsResult>#{found.join}</ListMultipartUploadsResult>")
  end

  def taken?(key, request, answer)
    return false unless request["If-None-Match"] == "*" && @things.key?(key)

    error(answer, "PreconditionFailed", 412)
    true
  end

  def damaged?(request, answer, body)
    sent = request["Content-MD5"]
    return false if sent.nil? || sent == Digest::MD5.base64digest(body)

    error(answer, "BadDigest", 400)
    true
  end

  def metadata(request)
    headers(request).select { |name, _| name.start_with?("x-amz-meta-") }
                    .transform_keys { |name| name.delete_prefix("x-amz-meta-") }
  end

  def headers(request)
    request.header.transform_values(&:first)
  end

  def error(answer, code, status)
    answer.status = status
    answer["Location"] = code if status == 307
    xml(answer, "<Error><Code>#{code}</Code><Message>of the test</Message></Error>")
  end

  def xml(answer, text)
    answer.content_type = "application/xml"
    answer.body = text
  end
end

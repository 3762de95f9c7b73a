# frozen_string_literal: true

require "openssl"
require "support/loopback_server"
require "webrick/https"

# A server on this machine that takes files by PUT, with a certificate that it has signed itself.
class PutServer
  include LoopbackServer

  # What was put, by the path; and the requests.
  attr_reader :files, :requests
  # Called with each request; returns a status, :stall or nil.
  attr_writer :fault

  # The certificate is written to the file +certificate+; without one the server has no TLS.
  def initialize(certificate: nil)
    @files = {}
    @requests = []
    @certificate = certificate
    start(**tls)
  end

  def address
    "#{@certificate ? "https" : "http"}://127.0.0.1:#{port}"
  end

  private

  def tls
    return {} unless @certificate

    key = OpenSSL::PKey::RSA.new(2048)
    certificate = signed(key)
    File.write(@certificate, certificate.to_pem)
    { SSLEnable: true, SSLCertificate: certificate, SSLPrivateKey: key }
  end

  def signed(key)
    OpenSSL::X509::Certificate.new.tap do |one|
      one.version = 2
      one.serial = 1
      one.subject = one.issuer = OpenSSL::X509::Name.parse("/CN=127.0.0.1")
      one.public_key = key.public_key
      one.not_before = Time.now - 60
      one.not_after = Time.now + 3600
      one.add_extension(OpenSSL::X509::ExtensionFactory.new(one, one)
                        .create_extension("subjectAltName", "IP:127.0.0.1"))
      one.sign(key, OpenSSL::Digest.new("SHA256"))
    end
  end

  def serve(request, answer)
    @requests << [request.request_method, request.unparsed_uri, request.header]
    status = @fault&.call(request)
    status = stall || 500 if status == :stall
    return answer.status = status if status

    request.request_method == "GET" ? get(request, answer) : put(request, answer)
  end

  def get(request, answer)
    there = @files[request.path]
    answer.status = there ? 200 : 404
    answer.body = there if there
  end

  def put(request, answer)
    body = request.body.to_s
    return answer.status = 412 if request["If-None-Match"] == "*" && @files.key?(request.path)

    @files[request.path] = body
    answer.status = 201
    answer["ETag"] = "\"e1\""
  end
end

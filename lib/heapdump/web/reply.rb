# frozen_string_literal: true

module HeapDump
  class Web
    # Answers as Rack wants them. Each has the headers that keep other pages, caches and scripts
    # from what it says.
    module Reply
      POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
               "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
      HEADERS = {
        "content-security-policy" => POLICY,
        "x-content-type-options" => "nosniff",
        "cache-control" => "no-store",
        "referrer-policy" => "no-referrer",
        "cross-origin-resource-policy" => "same-origin",
        "cross-origin-opener-policy" => "same-origin"
      }.freeze
      JSON_TYPE = "application/json; charset=utf-8"
      # A number that becomes greater when a field of an answer changes its meaning or is removed.
      SCHEMA_VERSION = 1
      # Of a longer text the middle is left out: a program may make names as long as it likes, and
      # an answer has hundreds of them.
      LONGEST = 4096 # bytes
      CONTENT = LONGEST / 4 * 3 # bytes of the content of a string, which Base64 makes longer
      private_constant :LONGEST, :CONTENT

      class << self
        def of(status, type, text, headers = {})
          own = { "content-type" => type, "content-length" => text.bytesize.to_s }
          [status, { **HEADERS, **own, **headers }, [text]]
        end

        def json(status, fields, headers = {})
          of(status, JSON_TYPE, text(fields), headers)
        end

        # The text of an answer in JSON.
        def text(fields)
          Terminal::Json.compact(short({ schema_version: SCHEMA_VERSION, **fields }))
        end

        # The beginning of the content of a string, of which no character is cut in two.
        def beginning(content)
          return content if content.nil? || content.bytesize <= CONTENT

          content.byteslice(0, CONTENT).scrub("")
        end

        # Paths in its message are as in answers without values.
        def refusal(refusal)
          error = { code: refusal.code, message: Snapshot::Homes.hide(refusal.message) }
          json(refusal.status, { error: error, **refusal.more }, refusal.headers)
        end

        # The answer of a job that is done, or how far it is and where to ask for it.
        def of_job(job, place)
          text = job.result
          return of(200, JSON_TYPE, text) if text

          json(202, { job: { **job.to_h, ask: place } }, "retry-after" => "1")
        end

        # From the path at which the application is mounted to the page, whose own links are
        # relative.
        def moved(env)
          of(308, "text/plain; charset=utf-8", "",
             "location" => "./#{File.basename(env["SCRIPT_NAME"].to_s)}/".squeeze("/"))
        end

        def without_body(reply)
          status, headers, = reply
          [status, headers, []]
        end

        private

        def short(value)
          case value
          when String then value.bytesize > LONGEST ? ends(value) : value
          when Array then value.map { |one| short(one) }
          when Hash then value.to_h { |name, one| [short(name), short(one)] }
          else value
          end
        end

        # The text is valid as a whole, but parts of it need not be.
        def ends(text)
          half = (LONGEST / 2) - 3
          first, last = [text.byteslice(0, half), text.byteslice(-half, half)].map do |part|
            part.force_encoding(Encoding::UTF_8).scrub("")
          end
          "#{first}…#{last}"
        end
      end
    end
  end
end

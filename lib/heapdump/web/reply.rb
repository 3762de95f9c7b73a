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
          Terminal::Json.compact({ schema_version: SCHEMA_VERSION, **fields })
        end

        def refusal(refusal)
          json(refusal.status, refusal.to_h, refusal.headers)
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
             "location" => "#{File.basename(env["SCRIPT_NAME"].to_s)}/")
        end

        def without_body(reply)
          status, headers, = reply
          [status, headers, []]
        end
      end
    end
  end
end

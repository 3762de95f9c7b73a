# frozen_string_literal: true

module HeapDump
  module Measure
    # Why an application could not be measured, in words, with what can be done about it.
    #
    #   Trouble.new(app, job, answer).to_s # => "GET / answers 404: give a page with --path; …"
    class Trouble # :nodoc:
      STATUS = "; if that answer is right, say --status %d"
      private_constant :STATUS

      # +answer+ is what measure/inside.rb has answered.
      def initialize(app, job, answer)
        @app = app
        @job = job
        @answer = answer
      end

      def to_s
        case @answer[:failed]
        when :ended then "the process of the application ended (#{ended}) before it was measured"
        when :load then "#{@app.entry} cannot be loaded in #{@app.environment}: #{raised}#{hint}"
        when :raised then "#{request} raises #{raised}"
        when :status then "#{request} answers #{@answer[:status]}#{of_status}"
        else "#{@job[:what]} failed: #{raised}"
        end
      end

      private

      def request
        "#{@job[:method]} #{@job[:path]}"
      end

      def ended
        status = @answer[:status]
        return "nobody knows how" unless status
        return "signal #{Signal.signame(status.termsig)}" if status.signaled?

        "status #{status.exitstatus}"
      end

      def raised
        ["#{@answer[:message]} (#{@answer[:class]})", *@answer[:place]].join(" at ")
      end

      def hint
        case @answer[:message]
        when /secret_key_base/i then "; set SECRET_KEY_BASE"
        when /cannot load such file -- (rack|bundler)\b/
          "; is it in the bundle, and are its gems installed?"
        end
      end

      def of_status
        status = @answer[:status]
        words =
          case status
          when 300..399 then " and redirects to #{@answer[:location] || "nowhere"}#{login}"
          when 401, 403, 407 then ": it wants to know who asks; give --header 'Cookie: …' or " \
                                  "another --path"
          when 404 then ": give a page that is there with --path"
          when 405 then ": give another --method"
          when 500.. then raised_in_it
          end
        "#{words}#{format(STATUS, status)}"
      end

      def login
        return unless @answer[:location].to_s.match?(/log.?in|sign.?in|session|auth/i)

        ", perhaps because nobody is logged in: give --header 'Cookie: …' or another --path"
      end

      def raised_in_it
        @answer[:message] ? " because of #{raised}" : ": its log says why"
      end
    end
  end
end

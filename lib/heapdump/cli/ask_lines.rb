# frozen_string_literal: true

module HeapDump
  module CLI
    # A request in words: each step is a line as soon as it is known.
    class AskLines
      def self.table(all)
        table = Terminal::Table.new(%w[taken of refused state id made for], right: 3)
        all.each do |one|
          request = one.request
          table.row(one.taken.to_s, (request.count * request.dumps).to_s, one.refused.to_s,
                    one.state(Time.now), request.id, Time.at(request.made).utc.strftime("%FT%TZ"),
                    whom(request))
        end
        table
      end

      # For whom it is, in words.
      def self.whom(request)
        named = %i[app role host pid].filter_map do |name|
          value = request.public_send(name)
          "#{name} #{value}" unless value.nil?
        end
        named.empty? ? "any" : named.join(", ")
      end

      def initialize(screen, request)
        @screen = screen
        @request = request
        @shown = Hash.new(0)
      end

      attr_reader :request

      # What a process of Sidekiq was told.
      def signalled(answer)
        dump = "dump #{answer[:dump]} of #{@request.dumps}"
        words = "has taken the signal for #{dump}; its log says what became of it"
        words = "refused: #{answer[:words]}" if answer[:words]
        @screen.line("#{answer[:app]} #{answer[:host]} pid #{answer[:pid]}: #{words}")
      end

      def begin
        dumps = Terminal::Units.plural(@request.dumps, "dump")
        every = ", #{@request.every} s apart," if @request.dumps > 1
        of = "of #{"each of " if @request.count > 1}" \
             "#{Terminal::Units.plural(@request.count, "process", "processes")}"
        @screen.line("request #{@request.id}: #{dumps}#{every} #{of} (#{AskLines.whom(@request)})")
      end

      # Steps that were not shown before.
      def more(steps)
        steps.each do |step|
          key = [*HeapDump::Asking::Progress.teller(step), step["n"]]
          next if @shown.key?(key)

          @shown[key] = true
          @screen.line(line(step))
        end
      end

      # All steps, and when they were.
      def history(steps)
        steps.each do |step|
          @screen.line("#{time(step["time"])}  #{line(step)}")
        end
      end

      # How it stands with it.
      def state(progress)
        wanted = @request.count * @request.dumps
        till = " until #{time(@request.until)}" if progress.state(Time.now) == "open"
        @screen.line("#{progress.state(Time.now)}#{till}: #{progress.taken} of " \
                     "#{Terminal::Units.plural(wanted, "dump")} taken, #{progress.refused} refused")
      end

      # Nobody waits.
      def later(command)
        @screen.line("`#{command} --list` shows what has become of it")
      end

      def end(progress)
        state = progress.state(Time.now)
        return if state == "done"

        why = state == "over" ? "nobody begins with it any more" : "it was cancelled"
        wanted = @request.count * @request.dumps
        @screen.line("#{why}: #{progress.taken} of #{wanted} dumps taken, " \
                     "#{progress.refused} refused")
      end

      private

      def line(step)
        "#{step["app"]} #{step["host"]} pid #{step["pid"]}: #{words(step)}"
      end

      def time(seconds)
        Time.at(seconds).utc.strftime("%FT%TZ")
      end

      def words(step)
        case step["state"]
        when "taken" then "#{step["dump"]} of #{@request.dumps} taken: #{figures(step)}"
        when "accepted" then "accepted#{traces}"
        when "cancelled" then step["state"]
        else "#{step["state"]}: #{step["words"]}"
        end
      end

      def traces
        ", and traces allocations for #{@request.trace} s before it dumps" if @request.trace
      end

      def figures(step)
        [step["path"], *number(step["objects"]) { |n| Terminal::Units.plural(n, "object") },
         *number(step["bytes"]) { |n| Terminal::Units.bytes(n) },
         *number(step["pause"]) { |n| format("pause %.1f ms", n * 1000) }].join(", ")
      end

      def number(value)
        yield value if value.is_a?(Numeric)
      end
    end
  end
end

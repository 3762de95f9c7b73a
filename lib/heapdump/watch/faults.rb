# frozen_string_literal: true

module HeapDump
  class Watch
    # Code of the application that the watch calls: rules, hooks, +only:+. What it raises reaches
    # nobody else. It is told once, and what has failed three times in an hour is called no more: a
    # watch lives for weeks, in which anything fails now and then.
    class Faults # :nodoc:
      MOST = 3
      SECONDS = 1
      HOUR = 3600
      private_constant :MOST, :SECONDS, :HOUR

      def initialize(machine, stats, voice)
        @machine = machine
        @stats = stats
        @voice = voice
        @failed = {}.compare_by_identity # when
        @any_off = false
      end

      # Calls the block for +key+, which people know as +name+ (#to_s). Where it is +timed+, to take
      # longer than a second is a failure, too. Returns what it returns; nil if it has raised or is
      # called no more.
      def guard(key, name, timed: false)
        return if @any_off && off?(key)
        return yield unless timed

        began = @machine.seconds
        value = yield
        took = @machine.seconds - began
        count(key, name, format("took %.1f s", took)) if took > SECONDS
        value
      rescue *Trigger::OURS => e
        failed(key, name, e)
      end

      # What was called for +key+ without a block has raised +error+. Returns nil.
      def failed(key, name, error)
        count(key, name, words(error))
      end

      # The same as #guard for a question that has to be answered each time: never switched off.
      def ask(key, name)
        yield
      rescue *Trigger::OURS => e
        @voice.once(key, "#{name} #{words(e)}; that counts as no")
      end

      # Whether it is called no more; of all keys, whether one is.
      def off?(key)
        @failed[key]&.size.to_i >= MOST
      end

      def any_off?
        @any_off
      end

      private

      def words(error)
        "raised #{error.class}: #{error.message.lines.first&.chomp}"
      end

      def count(key, name, words)
        now = @machine.seconds
        @failed[key] = [*@failed[key]&.select { |one| one > now - HOUR }, now]
        @voice.once(key, "#{name} #{words}")
        return unless off?(key)

        @any_off = true
        @stats.off(name.to_s)
        @voice.say("#{name} is switched off: it has failed #{MOST} times")
      end
    end
  end
end

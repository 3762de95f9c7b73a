# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What leaks, by several dumps of a process.
      class Leaks < Question
        takes :dumps, Kinds::Names.new(2..Dumps::MOST_OPEN, Dump::DIGITS, "dumps"), required: true
        takes :values, Kinds::Flag.new, default: false
        takes :limit, Kinds::Number.new(0..50), default: 20
        slow

        def opened
          @opened ||= @dumps.open(given[:dumps])
        end

        def answer
          found = HeapDump::Leaks.of(opened.map { |one| one.view(given[:values]) })
          all = found.to_h.except(:schema_version)
          shown = %i[suspects cleared].to_h { |name| [name, all[name].first(given[:limit])] }
          left_out = shown.to_h { |name, list| [name, all[name].size - list.size] }
          { **all, **shown, left_out: left_out }
        end
      end
    end
  end
end

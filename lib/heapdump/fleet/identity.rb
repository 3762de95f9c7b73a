# frozen_string_literal: true

module HeapDump
  module Fleet
    class Rows
      # One life of a process. A pid is used again, so the start of the process counts, or what a
      # watch calls its life; dumps that have neither are told apart by their directories. Those
      # that do not even name their process, as ObjectSpace's, are told apart as Trends does it: by
      # the names of their files but for numbers; and by the machine that has the directory.
      class Identity # :nodoc:
        # +known+:: as Extract#identity
        # +directory+:: of the dump or of the notes
        # +uri+::       of the dump, as Source::File has it; nil for notes
        def initialize(known, directory, uri = nil)
          @pid = Rows.number(known[:pid]) || 0
          @known = known.except(:pid).transform_values { |value| Rows.text(value) }
          nameless = Rows.text(uri)&.gsub(%r{\d+(?=[^/]*\z)}, "#") if known[:pid].nil?
          place = Rows.text("in #{nameless || directory}")
          @life = (@known[:start] || @known[:series] || place).to_s
        end

        def id
          Ids.process(host: host, pid: @pid, series: @life)
        end

        # Of the table process.
        def row
          [id, app, host, @pid, @life, *@known.values_at(:program, :ruby, :platform)]
        end

        private

        def host
          @known[:host] || "unknown"
        end

        def app
          program = @known[:program].to_s[/\S+/]
          @known[:app] || (program ? File.basename(program) : "unknown")
        end
      end
    end
  end
end

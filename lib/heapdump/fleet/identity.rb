# frozen_string_literal: true

module HeapDump
  module Fleet
    class Rows
      # One life of a process. A pid is used again, so the start of the process counts, or what a
      # watch calls its life; dumps that have neither are told apart by their directories.
      class Identity # :nodoc:
        # +known+:: as Extract#identity
        def initialize(known, directory)
          @pid = Rows.number(known[:pid]) || 0
          @known = known.except(:pid).transform_values { |value| Rows.text(value) }
          @life = (@known[:start] || @known[:series] || Rows.text("in #{directory}")).to_s
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

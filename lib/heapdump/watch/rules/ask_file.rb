# frozen_string_literal: true

module HeapDump
  class Watch
    module Rules
      # A question in a file: `touch DIR/ask` asks any process that watches there, and a file with
      # the number of a process asks this one. The process that takes the question renames the
      # file, so it is the only one. Its answer is in DIR/answer.
      class AskFile # :nodoc:
        MOST = 64 # bytes
        private_constant :MOST

        def initialize(directory)
          @path = File.join(directory, "ask").freeze # else Ruby copies it at each question
          @answer = File.join(directory, "answer")
        end

        def asked(facts)
          return unless File.file?(@path)

          text = File.read(@path, MOST, mode: "rb", flags: File::NOFOLLOW).to_s.strip
          return unless text.empty? || text == facts.pid.to_s

          @pid = facts.pid
          taken = "#{@path}.#{@pid}"
          File.rename(@path, taken)
          File.unlink(taken)
          "asked by #{@path}"
        rescue SystemCallError
          nil # another process has taken it, or it is a link
        end

        def answer(words)
          WholeFile.write(@answer, "#{@pid} #{words}\n")
        rescue SystemCallError
          nil # the log has it too
        end
      end
    end
  end
end

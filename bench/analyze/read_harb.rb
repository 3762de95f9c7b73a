# frozen_string_literal: true

# One reading of bench/analyze.rb. It is a program of its own that asks on standard input; what is
# told of memory is that of this process, so it takes its place.

input, commands = IO.pipe
commands.puts("dominators", "summary", "quit")
commands.close
exec("harb", ARGV[0], in: input)

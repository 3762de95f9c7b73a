# frozen_string_literal: true

module Large
  # A way to dump: the extension of the file, the options, and whether a pipe is between.
  Variant = Struct.new(:name, :extension, :pipe, :options) do
    def objspace?
      options[:format] == :objspace
    end

    # Writes it to a file in the directory. Whatever it writes to, the file holds all of it.
    def dump(directory)
      path = File.join(directory, name + extension)
      return HeapDump.dump(path, gc: false, **options) unless pipe

      reader, writer = IO.pipe
      copier = spawn("cat", in: reader, out: path, writer => :close)
      [reader].each(&:close)
      HeapDump.dump(writer, gc: false, **options).tap do
        writer.close
        Process.wait(copier)
      end
    end
  end

  # Every value of each of format, compression, target, fork and processes, most of the pairs.
  VARIANTS = [
    ["forked_2", ".json", false, { processes: 2 }],
    ["in_process", ".json", false, { fork: false }],
    ["forked_1", ".json.gz", false, { processes: 1 }],
    ["forked_16", ".json.zst", false, { processes: 16 }],
    ["pipe", ".json", true, {}],
    ["in_process_gz", ".json.gz", false, { fork: false }],
    ["pipe_in_process_zst", ".json.zst", true, { fork: false, compress: :zstd }],
    ["objspace_2", ".json", false, { format: :objspace, processes: 2 }],
    ["objspace_16", ".json.gz", false, { format: :objspace, processes: 16 }],
    ["objspace_pipe", ".json", true, { format: :objspace, fork: false }],
    ["forked_16_plain", ".json", false, { processes: 16 }],
    ["objspace_in_process", ".json.zst", false, { format: :objspace, fork: false }]
  ].map { |row| Variant.new(*row) }.freeze

  # The first two for every heap (only the first one in the quick form), and some of the others in
  # turn.
  def self.some_variants(turn, first: 2, others: 1)
    rest = VARIANTS.drop(first)
    VARIANTS.first(first) + Array.new(others) { |i| rest[((turn * others) + i) % rest.size] }
  end
end

# frozen_string_literal: true

require_relative "made_dump"

# Series of dumps of one process in which something grows, made by hand: for tests that have a
# scratch directory.
module GrownDumps
  def dump(number = 0, **header, &)
    @dumps = @dumps.to_i + 1
    MadeDump.write(File.join(scratch, "#{@dumps}.json"), number, **header, &)
  end

  # Dumps with so many sessions in Store::SESSIONS.
  def grown(*counts, base: 0x50_0000, allocated: nil)
    counts.map.with_index do |count, number|
      header = allocated ? { allocated: allocated[number] } : {}
      dump(number, **header) { |made| sessions(made, count, from: base) }
    end
  end

  # Sessions of 100 bytes, each with a name of 40.
  def sessions(made, count, from: 0x50_0000, klass: "Session", **ivars)
    list = objects(made, klass, count, from, memsize: 100) do |i|
      { "@name" => made.string("name #{i}", address: from + 0x1000_0000 + (i * 64)), **ivars }
    end
    made.constant("SESSIONS", made.array(list))
    list
  end

  # So many pairs of a name and a session, from an address on.
  def entries(made, count, from:)
    objects(made, "Session", count, from).map.with_index do |session, i|
      [made.string("k#{i}", address: from + 0x1000_0000 + (i * 64)), session]
    end
  end

  # Dumps in which each block has captured the one before, whose addresses rise or fall.
  def chains_of_blocks(down)
    [30, 60, 90].map do |count|
      dump(count) do |made|
        before = nil
        count.times do |i|
          env = made.internal("env", locals: { before: before }.compact)
          address = 0x50_0000 + ((down ? 200 - i : i) * 64)
          before = made.data("Proc", "proc", address: address, env: env)
        end
        made.constant("CHAIN", before)
      end
    end
  end

  # Dumps with a text of so many bytes.
  def texts(*sizes)
    sizes.map.with_index do |size, number|
      dump(number) { |made| made.constant("TEXT", made.string("x" * size, memsize: 40 + size)) }
    end
  end

  # Dumps with so many names of 4,000 bytes in the symbol table, beside 10 MB that stay. The root
  # holds the table by a list if it is +pinned+.
  def symbol_tables(*counts, pinned: false)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        made.constant("DATA", made.string("data", memsize: 10_000_000))
        names = Array.new(count) { |i| [made.string("name_#{i}", memsize: 4_000), ":name_#{i}"] }
        table = made.hidden_array([made.hidden_array(names.flatten)])
        made.root(pinned ? made.hidden_data("VM/pin_array_list", references: [table]) : table)
      end
    end
  end

  # Dumps in which so many calls remember pages of 100,000 bytes that nothing else holds.
  def cached_pages(*counts)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        objects(made, "Page", count, 0x50_0000, memsize: 100_000).each_with_index do |page, i|
          method = made.internal("ment", method: "render", references: [page])
          cache = made.internal("callcache", entry: method)
          made.root(made.internal("iseq", label: "go", file: "/app/go.rb", line: i + 1,
                                          references: [cache]))
        end
      end
    end
  end

  # Dumps of items in two lists, each of which falls in between, while there are more in each dump;
  # equally many of each class.
  def items_in_two_lists(*classes)
    classes = ["Item"] if classes.empty?
    [[1_000, 0], [0, 2_000], [2_000, 1_000]].map.with_index do |(first, second), number|
      dump(number) do |made|
        { "FIRST" => first, "SECOND" => second }.each.with_index(1) do |(list, count), at|
          items = classes.flat_map.with_index do |name, i|
            objects(made, name, count / classes.size, (0x5000_0000 * at) + (i * 0x10_0000))
          end
          made.constant(list, made.array(items))
        end
      end
    end
  end

  # Dumps with so many strings of 100 bytes, each of which has room for so many.
  def strings_with_room(*counts, memsize: 5_000)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        made.constant("KEPT", made.array(Array.new(count) do |i|
          made.string("x" * 100, address: 0x50_0000 + (i * 64), memsize: memsize)
        end))
      end
    end
  end

  # So many objects of a class, from an address on; the block says what each of them holds.
  def objects(made, klass, count, from, memsize: 40)
    Array.new(count) do |i|
      ivars = block_given? ? yield(i) : {}
      made.object(klass, address: from + (i * 64), memsize: memsize, ivars: ivars)
    end
  end

  # One Array of so many numbers.
  def numbers(*counts)
    counts.map.with_index do |count, number|
      dump(number) do |made|
        made.constant("SEEN", made.array([1] * count, memsize: 40 + (8 * count)))
      end
    end
  end
end

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

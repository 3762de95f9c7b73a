# frozen_string_literal: true

module HeapDump
  module Outside
    # The dynamic symbols of an ELF image (64 bits, little endian): of a file, or of the memory of a
    # process. Memory can be read even if the file is gone or in another container.
    #
    #   ELF.file("/usr/lib/libruby.so").needed # => ["libc.so.6", …]
    class ELF
      MAGIC = "\x7FELF\x02\x01".b
      LOAD = 1
      DYNAMIC = 2
      NEEDED = 1
      STRTAB = 5
      SYMTAB = 6
      STRSZ = 10
      GNU_HASH = 0x6ffffef5
      VERDEF = 0x6ffffffc
      VERNEED = 0x6ffffffe
      SONAME = 14
      SYMBOL_BYTES = 24
      MOST_VERSIONS = 1000

      Segment = Struct.new(:type, :offset, :address, :bytes)

      # The image in a file.
      def self.file(path)
        bytes = File.binread(path)
        new { |address, size, segments| bytes[file_offset(segments, address), size] }
      end

      # The image in memory that begins at the address +base+. The block reads memory: address, size
      # => bytes.
      def self.memory(base, &read)
        image = new { |address, size, _| read.call(base + address, size) }
        image.place_at(base)
        image
      end

      def self.file_offset(segments, address)
        segment = segments.find do |one|
          one.type == LOAD && address.between?(one.address, one.address + one.bytes - 1)
        end
        segment ? address - segment.address + segment.offset : address
      end
      private_class_method :file_offset

      # The block reads bytes: address in the image, size, segments (empty while the header is
      # read).
      def initialize(&read)
        @read = read
        @segments = []
        @base = @bias = 0
        header = bytes(0, 64)
        raise Error, "no 64-bit ELF image" unless header&.start_with?(MAGIC)

        table, = header.unpack("@32Q<")
        size, count = header.unpack("@54S<S<")
        @segments = segments(bytes(table, size * count), size)
      end

      # Sets where the image is in memory. Its addresses are moved accordingly, unless it has a
      # fixed place.
      def place_at(base)
        @base = base
        lowest = @segments.select { |segment| segment.type == LOAD }.map(&:address).min.to_i
        @bias = base - (lowest & ~0xfff)
      end

      # The address of a defined symbol, moved to the place of the image; nil if there is none.
      def symbol(name)
        index = lookup(name)
        return unless index

        _, _, _, section, value = symbol_at(index)
        section.zero? ? nil : value + @bias
      end

      # The names of the libraries with which it is linked.
      def needed
        dynamic.select { |tag,| tag == NEEDED }.map { |_, offset| string(offset) }
      end

      # The name by which others need it, nil if it has none.
      def soname
        offset = dynamic.assoc(SONAME)&.last
        string(offset) if offset
      end

      # The versions that it needs of other libraries (Hash of their sonames), as "libc.so.6" =>
      # ["GLIBC_2.34", …].
      def versions_needed
        records(table(VERNEED), 16).to_h do |from, record|
          _, _, file, first = record.unpack("S<S<L<L<")
          entries = records(from + first, 16)
          [string(file), entries.map { |_, entry| string(entry.unpack1("@8L<")) }]
        end
      end

      # The versions that others can need of it.
      def versions
        records(table(VERDEF), 20).map do |from, record|
          name, = records(from + record.unpack1("@12L<"), 8).first.last.unpack("L<")
          string(name)
        end
      end

      private

      # [address, bytes] of each record of a list that begins at +place+ (nil: none). The last four
      # bytes of a record say how far the next one is.
      def records(place, size)
        list = []
        while place
          raise Error, "a list of versions that does not end" if list.size == MOST_VERSIONS

          record = at(place, size)
          raise Error, "a list of versions that is cut" unless record&.bytesize == size

          list << [place, record]
          step = record.unpack1("@#{size - 4}L<")
          place = step.zero? ? nil : place + step
        end
        list
      end

      def bytes(address, size)
        @read.call(address, size, @segments)
      end

      # Reads bytes at an address that the image itself contains, which is not moved yet.
      def at(address, size)
        bytes(address + @bias - @base, size)
      end

      def segments(table, size)
        (0...(table.bytesize / size)).map do |i|
          type, _, offset, address, _, in_file, = table.unpack("@#{i * size}L<L<Q<Q<Q<Q<")
          Segment.new(type, offset, address, in_file)
        end
      end

      def dynamic
        @dynamic ||= @segments.select { |segment| segment.type == DYNAMIC }.flat_map do |segment|
          pairs = at(segment.address, segment.bytes).unpack("Q<*").each_slice(2)
          pairs.take_while { |tag,| tag != 0 }
        end
      end

      # The address of a table. The dynamic linker of glibc replaces the addresses in the image by
      # those in memory, so these are converted back.
      def table(tag)
        _, address = dynamic.find { |one,| one == tag }
        address &&= address - @bias if address && @bias.positive? && address >= @bias
        address
      end

      def strings
        @strings ||= at(table(STRTAB), dynamic.assoc(STRSZ).last)
      end

      def string(offset)
        strings[offset...strings.index("\0", offset)]
      end

      def symbol_at(index)
        at(table(SYMTAB) + (index * SYMBOL_BYTES), SYMBOL_BYTES).unpack("L<CCS<Q<Q<")
      end

      # Finds a symbol by the GNU hash table, which has buckets of chains. The last hash of a chain
      # has its lowest bit set.
      def lookup(name)
        hash_table = table(GNU_HASH) or return
        count, first, bloom, = at(hash_table, 16).unpack("L<*")
        return if count.zero?

        buckets = hash_table + 16 + (bloom * 8)
        hash = name.each_byte.inject(5381) { |sum, byte| ((sum * 33) + byte) & 0xffffffff }
        index, = at(buckets + (hash % count * 4), 4).unpack("L<")
        walk(name, hash, index, first, buckets + (count * 4))
      end

      def walk(name, hash, index, first, chains)
        return if index < first

        loop do
          link, = at(chains + ((index - first) * 4), 4).unpack("L<")
          return index if (link | 1) == (hash | 1) && string(symbol_at(index).first) == name
          return if link.odd?

          index += 1
        end
      end
    end
  end
end

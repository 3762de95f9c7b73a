# frozen_string_literal: true

module HeapDump
  module Outside
    # The Ruby that a process runs: its version, and the addresses of its functions.
    class RubyImage
      # The values of RUBY_VERSION and RUBY_PLATFORM (Strings).
      attr_reader :version, :platform
      # The version of its interface for extensions ("3.3.0"), which is the same for all versions
      # that differ only in the last number.
      attr_reader :api
      # The file that contains it: a libruby, or the program itself.
      attr_reader :path

      # Finds the Ruby of a process; nil if the process does not run MRI.
      def self.find(target)
        images = target.images
        # it is in libruby or in the program itself; the most likely files come first
        likely = images.partition { |parts,| File.basename(parts.first.path).include?("ruby") }
        likely.flatten(1).each do |parts, image|
          next unless image.symbol("ruby_api_version") && image.symbol("ruby_version")

          return new(target, parts, image, images)
        end
        nil
      end

      def initialize(target, parts, image, images)
        @target = target
        @parts = parts
        @image = image
        @images = images
        @path = parts.first.path
        @version = text("ruby_version")
        @platform = text("ruby_platform")
        @api = target.memory(image.symbol("ruby_api_version"), 12).unpack("l<3").join(".")
      end

      # The address of one of its functions or variables, nil if it has none of that name.
      def symbol(name)
        @image.symbol(name)
      end

      # The same for the C library.
      def libc_symbol(name)
        likely = @images.partition do |parts,|
          File.basename(parts.first.path).match?(/libc\b|musl/)
        end
        likely.flatten(1).each do |_, image|
          address = image.symbol(name)
          return address if address
        end
        nil
      end

      # The address ranges of its code.
      def code
        @parts.select { |part| part.permissions.include?("x") }.map { |part| part.from...part.to }
      end

      # True if the process has loaded every Ruby library with which an extension is linked.
      # Otherwise loading the extension would bring a second Ruby into the process.
      def satisfies?(extension)
        loaded = @images.map { |parts,| File.basename(parts.first.path) }
        ELF.file(extension).needed.grep(/ruby/).all? do |name|
          loaded.any? { |file| file == name || file.start_with?("#{name}.") }
        end
      end

      # What an extension needs of the libraries of the process and they lack: versions of symbols
      # ("GLIBC_2.38"), or names of libraries that it has not loaded.
      def lacking(extension)
        lacking = ELF.file(extension).versions_needed.flat_map do |library, versions|
          image = @images.map(&:last).find { |one| one.soname == library }
          image ? versions - image.versions : [library]
        end
        lacking.uniq # several libraries have a version of the same name
      end

      private

      def text(name)
        address = symbol(name)
        address ? @target.memory(address, 64)[/\A[^\0]*/] : ""
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  module Outside
    # The Ruby that a process runs: its version, and where its functions lie.
    class RubyImage
      # The version as RUBY_VERSION, and RUBY_PLATFORM (Strings).
      attr_reader :version, :platform
      # The version of its interface to extensions ("3.3.0"), which all of a minor version share.
      attr_reader :api
      # The file that holds it: a libruby, or the program itself.
      attr_reader :path

      # nil where the process is none that runs MRI.
      def self.find(target)
        images = target.images
        # libruby, or the program itself where it is linked into that: most likely first
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

      # Address of one of its functions or variables, nil where it has none of that name.
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

      # Where its code lies: address ranges.
      def code
        @parts.select { |part| part.permissions.include?("x") }.map { |part| part.from...part.to }
      end

      # True if everything that an extension is linked with and that has to do with Ruby is there:
      # otherwise loading it would bring in a second Ruby.
      def satisfies?(extension)
        loaded = @images.map { |parts,| File.basename(parts.first.path) }
        ELF.file(extension).needed.grep(/ruby/).all? do |name|
          loaded.any? { |file| file == name || file.start_with?("#{name}.") }
        end
      end

      private

      def text(name)
        address = symbol(name)
        address ? @target.memory(address, 64)[/\A[^\0]*/] : ""
      end
    end
  end
end

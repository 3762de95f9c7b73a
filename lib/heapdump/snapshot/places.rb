# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Paths of source files in a short form: a file in a gem or in Ruby's own library begins with
    # the name of that gem or library.
    #
    #   Places.short("/usr/lib/ruby/gems/3.3.0/gems/puma-6.4/lib/puma/server.rb:12")
    #   # => "puma-6.4/lib/puma/server.rb:12"
    module Places
      GEM = %r{\A.*/(?:(?:bundler/)?gems|extensions/[^/]+/[^/]+)/(?<gem>[^/]+-[^/]+)/}
      STDLIB = %r{\A.*/lib/(?:[^/]+/)?ruby/(?:site_ruby/|vendor_ruby/)?\d+\.\d+\.\d+/}
      DEBIAN = %r{\A.*/lib/ruby/vendor_ruby/}

      RUBY = [/\A<internal:/, STDLIB, DEBIAN].freeze

      NO_LINE = /:0\z/ # there is no line 0: the place is a file as a whole
      LIBRARY = /\.(?:so|bundle)\z/

      module_function

      # The place that a line of the dump names: "/srv/app.rb:12", or the file alone for code of a
      # whole file, which has line 0; nil without a file and a line.
      def of(file, number)
        return unless file.is_a?(String) && number.is_a?(Integer)

        number.zero? ? file : "#{file}:#{number}"
      end

      # The short form of a path, with or without a line.
      def short(place)
        place = place.sub(NO_LINE, "")
        if place.match?(GEM) then place.sub(GEM) { "#{Regexp.last_match[:gem]}/" }
        elsif place.match?(STDLIB) then place.sub(STDLIB, "ruby/")
        else
          place.sub(DEBIAN, "ruby/")
        end
      end

      # The file of a place; nil if it has none. What a library in C defines has line 0 of that
      # library; what Ruby itself defines before the program runs has line 0 of "<main>", or of
      # whatever the program is called, which is no file.
      #
      #   Places.file("/srv/app.rb:12") # => "/srv/app.rb"
      #   Places.file("<main>:0")       # => nil
      def file(place)
        file = place[/\A(.+):\d+\z/m, 1]
        file if file && (file.match?(LIBRARY) || !place.match?(NO_LINE))
      end

      # The gem that a file belongs to: "puma-6.4", "ruby" (its library and core), or "app"
      # (anything else); "(unknown)" without a file.
      def gem_of(place)
        return "(unknown)" if place.nil? || place.empty?

        match = GEM.match(place)
        return match[:gem] if match

        RUBY.any? { |pattern| place.match?(pattern) } ? "ruby" : "app"
      end
    end
  end
end

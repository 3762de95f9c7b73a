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

      module_function

      # The short form of a path, with or without a line.
      def short(place)
        if place.match?(GEM) then place.sub(GEM) { "#{Regexp.last_match[:gem]}/" }
        elsif place.match?(STDLIB) then place.sub(STDLIB, "ruby/")
        else
          place.sub(DEBIAN, "ruby/")
        end
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

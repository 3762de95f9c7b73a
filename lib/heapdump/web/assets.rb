# frozen_string_literal: true

module HeapDump
  class Web
    # The page and what belongs to it, by path. These are all files that are served.
    module Assets
      Asset = Struct.new(:type, :text)
      PAGE = "/"
      FILES = {
        PAGE => ["index.html", "text/html; charset=utf-8"],
        "/viewer.js" => ["viewer.js", "text/javascript; charset=utf-8"],
        "/viewer.css" => ["viewer.css", "text/css; charset=utf-8"]
      }.freeze
      private_constant :PAGE, :FILES

      ALL = FILES.transform_values do |name, type|
        Asset.new(type, File.read(File.join(__dir__, name), encoding: "UTF-8").freeze).freeze
      end.freeze
      private_constant :ALL

      # The Asset at a path, nil if there is none.
      def self.at(path)
        ALL[path]
      end

      # True for the path of the page itself, with or without the "/" at its end.
      def self.page?(path)
        path == PAGE || path.empty?
      end
    end
  end
end

# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Frames of threads and fibers, in the form that names of edges have: "label file:line".
    module Frames
      METHOD = /(?<=\A| in )[[:alpha:]_]\w*[?!=]?\z/ # the name of a method in a label

      # A frame with the path of its file shortened. Older Rubies do not give the class of a method
      # in the label; then the class of the frame's self is added, if +holder+ (the thread or fiber)
      # is given.
      def self.short(frame, holder = nil)
        label, file = split(frame)
        label = with_class(label, holder, frame) if holder && label.match?(METHOD)
        [label, file && Places.short(file)].compact.join(" ")
      end

      # The place of a frame, nil if it has none.
      def self.place(frame)
        split(frame).last
      end

      # Splits a frame into its label and its place. Labels contain blanks ("block in visit"), and
      # so may the names of files, most of which are absolute paths.
      def self.split(frame)
        match = frame.match(%r{\A(.*?) ((?:/|<internal:|\(eval).*:\d+)\z}m) ||
                frame.match(/\A(.*) (\S+:\d+)\z/m)
        match ? match.captures : [frame, nil]
      end

      def self.with_class(label, holder, frame)
        frames = holder.field("frames", Array) || []
        at = frames.find { |one| one.is_a?(Hash) && text(one) == frame }
        receiver = at && at["self"].is_a?(String) ? holder.related(at["self"]) : nil
        return label unless receiver

        name = receiver.name ? "#{receiver.name}." : "#{receiver.class_name}#"
        label.sub(METHOD) { |method| "#{name}#{method}" }
      end

      # The frame of a line as the reader in C writes it into the name of an edge.
      def self.text(frame)
        return frame["method"] unless frame["label"]

        "#{frame["label"]} #{frame["file"]}:#{frame["line"]}"
      end
      private_class_method :split, :with_class, :text
    end
    private_constant :Frames
  end
end

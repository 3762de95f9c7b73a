# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Frames of threads and fibers, as the names of edges have them: "label file:line".
    module Frames
      METHOD = /(?<=\A| in )[[:alpha:]_]\w*[?!=]?\z/ # the name of a method in a label

      # A frame with its file in short. Older Rubies do not tell the class of a method in its label;
      # that of the frame's self is told then, if the thread or fiber is given.
      def self.short(frame, holder = nil)
        label, file = split(frame)
        label = with_class(label, holder, frame) if holder && label.match?(METHOD)
        [label, file && Places.short(file)].compact.join(" ")
      end

      # Labels have blanks ("block in visit"), and so may files, which are absolute paths mostly.
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

      # As the reader writes it into the name of an edge.
      def self.text(frame)
        return frame["method"] unless frame["label"]

        "#{frame["label"]} #{frame["file"]}:#{frame["line"]}"
      end
      private_class_method :split, :with_class, :text
    end
  end
end

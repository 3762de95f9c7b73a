# frozen_string_literal: true

module NastyHeap
  # A Ractor that has ended. From the first one on, MRI takes other paths for good.
  class Ractors < Family
    def build
      made = Ractor.new { [1, 2] }
      made.respond_to?(:value) ? made.value : made.take
      plant(:ractor, made, type: "DATA", class_name: "Ractor")
      plant(:ractor_copied, Ractor.make_shareable({ a: [text("deep")] }), shareable: true)
    end
  end
end

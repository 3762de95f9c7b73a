# frozen_string_literal: true

module Clean
  # Loaded when it is first used.
  class Late
    NAMES = %w[a b c].map(&:dup).freeze
  end
end

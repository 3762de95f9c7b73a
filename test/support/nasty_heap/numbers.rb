# frozen_string_literal: true

module NastyHeap
  # Numbers that are objects.
  class Numbers < Family
    def build
      floats
      bignums
      pairs
    end

    private

    def floats
      { huge: 1e300, tiny: 5e-324, negative_zero: -0.0, largest: Float::MAX,
        smallest: Float::MIN, epsilon: 1e-200, third: -1e250 / 3 }
        .each { |key, number| plant(:"float_#{key}", heap(number), type: "FLOAT", value: number) }
      { nan: "NaN", infinity: "Infinity", minus_infinity: "-Infinity" }.each do |key, text|
        number = { nan: Float::NAN, infinity: Float::INFINITY }.fetch(key, -Float::INFINITY)
        plant(:"float_#{key}", heap(number), type: "FLOAT", value: text, class_name: "Float")
      end
    end

    # Constant folding must not make them one object each.
    def heap(number)
      [number].pack("G").unpack1("G")
    end

    def bignum(key, number, **fields)
      plant(:"bignum_#{key}", number, type: "BIGNUM", **fields)
    end

    def bignums
      one = Integer("1")
      bignum(:first, one << 62, value: (1 << 62).to_s, bits: 63)
      bignum(:small, one << 64, value: "18446744073709551616", bits: 65)
      bignum(:negative, -(one << 64), value: "-18446744073709551616")
      bignum(:lowest, -(one << 62) - 1, value: (-(1 << 62) - 1).to_s)
      bignum(:digits, 3**700, value: (3**700).to_s, bits: (3**700).bit_length)
      bignum(:zeros, 10**40, value: "1#{"0" * 40}")
      bignum(:many_zeros, 10**1000, value: "1#{"0" * 1000}")
      bignum(:word_edge, (one << 128) - 1, value: ((1 << 128) - 1).to_s, bits: 128)
      bignum(:longest_shown, (one << 4096) - 1, value: ((1 << 4096) - 1).to_s, bits: 4096)
      bignum(:too_long, one << 4096, value: absent, bits: 4097)
      bignum(:huge, one << 1_000_000, value: absent, bits: 1_000_001)
    end

    def pairs
      big = Integer("1") << 80
      half = 1e300
      plant(:rational, Rational(1, 3), type: "RATIONAL", numerator: 1, denominator: 3)
      plant(:rational_big, Rational(big, 3), numerator: any, denominator: 3)
      plant(:complex, Complex(1, 2.5), type: "COMPLEX", real: 1, imaginary: 2.5)
      plant(:complex_heap, Complex(half, big), real: value(half), imaginary: value(big))
    end
  end
end

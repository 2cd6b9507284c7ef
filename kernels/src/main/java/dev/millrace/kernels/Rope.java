package dev.millrace.kernels;

/**
 * Rotary position embedding as a table: {@code (x₁, x₂) → (x₁ cos − x₂ sin, x₂ cos + x₁ sin)} for the pairs of the first
 * {@code rotaryDim} elements of each head; the rest passes unchanged.
 *
 * <p>Source: Su et al., RoFormer, arXiv 2104.09864. Any scaling (linear, llama3, yarn, longrope) is already in the table.
 *
 * @param cos F32 [positions, rotaryDim / 2]
 * @param sin F32 [positions, rotaryDim / 2]
 * @param rotaryDim elements of a head that turn
 * @param interleaved pairs are (2i, 2i + 1) instead of (i, i + rotaryDim / 2)
 */
public record Rope(Tensor cos, Tensor sin, int rotaryDim, boolean interleaved) {}

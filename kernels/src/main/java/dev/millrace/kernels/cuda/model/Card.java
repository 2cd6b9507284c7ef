package dev.millrace.kernels.cuda.model;

import dev.millrace.kernels.cuda.CudaDevice;

/**
 * What the data sheets say of a card; rates are dense and per second.
 *
 * <p>Sources: NVIDIA's data sheets of the A100 80GB SXM (June 2021), L40S (2023), H100 SXM (2023) and H200 SXM (2024).
 */
public enum Card {
    A100("A100 80GB", 80, 80e9, 108, 2.039e12, 312e12, 624e12, 2048, 1),
    L40S("L40S", 89, 48e9, 142, 0.864e12, 362e12, 733e12, 1024, 1),
    H100("H100 SXM", 90, 80e9, 132, 3.35e12, 989e12, 1979e12, 4096, 0.5),
    H200("H200", 90, 141e9, 132, 4.8e12, 989e12, 1979e12, 4096, 0.5);

    private final String title;
    private final int computeCapability;
    private final double memoryBytes;
    private final int multiprocessors;
    private final double bytesPerSecond;
    private final double flopsOf16Bits;
    private final double flopsOf8Bits;
    private final int flopsPerClock;
    private final double mmaShare;

    /**
     * @param flopsPerClock of 16 bits, one multiprocessor
     * @param mmaShare share of the peak that mma.sync reaches; Hopper's full rate is for wgmma (CUTLASS' example 47 on an H100:
     *     495 of 989)
     */
    Card(
            String title,
            int computeCapability,
            double memoryBytes,
            int multiprocessors,
            double bytesPerSecond,
            double flopsOf16Bits,
            double flopsOf8Bits,
            int flopsPerClock,
            double mmaShare) {
        this.title = title;
        this.computeCapability = computeCapability;
        this.memoryBytes = memoryBytes;
        this.multiprocessors = multiprocessors;
        this.bytesPerSecond = bytesPerSecond;
        this.flopsOf16Bits = flopsOf16Bits;
        this.flopsOf8Bits = flopsOf8Bits;
        this.flopsPerClock = flopsPerClock;
        this.mmaShare = mmaShare;
    }

    /** The card's name. */
    public String title() {
        return title;
    }

    /** 90 for 9.0. */
    public int computeCapability() {
        return computeCapability;
    }

    boolean isHopper() {
        return computeCapability == 90;
    }

    /** Bytes of device memory. */
    public double memoryBytes() {
        return memoryBytes;
    }

    /** SMs. */
    public int multiprocessors() {
        return multiprocessors;
    }

    /** Of device memory. */
    public double bytesPerSecond() {
        return bytesPerSecond;
    }

    /** Peak of the tensor cores with elements of 16 bits, or of 8. */
    public double flops(boolean bytes) {
        return bytes ? flopsOf8Bits : flopsOf16Bits;
    }

    double mmaFlops(boolean bytes) {
        return mmaShare * flops(bytes);
    }

    /** The clock that the peak implies, in Hz. */
    public double clock() {
        return flopsOf16Bits / multiprocessors / flopsPerClock;
    }

    /** For the choice of tiles. */
    CudaDevice device() {
        return new CudaDevice(0, title, computeCapability, multiprocessors, 0, (long) memoryBytes);
    }
}

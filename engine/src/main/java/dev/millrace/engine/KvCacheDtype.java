package dev.millrace.engine;

import dev.millrace.engine.model.KvCalibration;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import java.util.List;
import java.util.Locale;

/** What keys and values are stored in; vLLM's names. */
public enum KvCacheDtype {
    /** The type of the activations, or the checkpoint's own scheme where it has one and its activations are quantised. */
    AUTO,
    /** 8 bits (e4m3) with a scale for each head: half the memory of 16 bits, and half of what attention reads. */
    FP8,
    /** 8 bits (integers) with a scale for each token and head: half the memory of 16 bits, and half of what attention reads. */
    INT8;

    /**
     * The type on this device.
     *
     * @param scaled whether keys and values have scales, of the checkpoint's own scheme or asked for
     * @throws InvalidModelException if it cannot store heads of {@code headDim} so, or sequences are too short to find scales by
     */
    DType type(Kernels kernels, int headDim, int maxModelLen, boolean scaled) {
        List<DType> types = kernels.kvTypes(headDim);
        DType own = scaled ? kernels.quantizedKvType() : kernels.kvType();
        DType wanted =
                switch (this) {
                    case AUTO -> own;
                    case FP8 -> DType.F8_E4M3;
                    case INT8 -> DType.INT8;
                };
        if (!types.contains(wanted)) {
            throw new InvalidModelException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            "option kv-cache-dtype on " + kernels.description(),
                            name().toLowerCase(Locale.ROOT) + " for heads of " + headDim,
                            types + ", the types that this device stores such heads in",
                            "Leave kv-cache-dtype at auto; fp8 needs a GPU and heads of a multiple of 16 up to"
                                    + " 256, int8 the CPU and heads of a multiple of 4"));
        }
        if (this == FP8 && maxModelLen < KvCalibration.LENGTH) {
            throw new InvalidModelException(
                    new Problem(
                            EngineError.INVALID_OPTION,
                            "option max-model-len with kv-cache-dtype fp8",
                            Integer.toString(maxModelLen),
                            "at least " + KvCalibration.LENGTH,
                            "Raise max-model-len, or leave kv-cache-dtype at auto"));
        }
        return wanted;
    }
}

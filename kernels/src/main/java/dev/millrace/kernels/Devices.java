package dev.millrace.kernels;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import dev.millrace.kernels.cuda.CudaRuntime;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.FamilyChoice;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens devices by name. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private Devices() {}

    static Kernels open(KernelsConfig config) {
        String name = config.device();
        if (name.equals("cpu")) {
            return cpu(config);
        }
        if (name.equals("auto")) {
            return best(config);
        }
        if (name.equals("cuda") || name.startsWith("cuda:")) {
            return cuda(config);
        }
        throw new DeviceProblem(
                        DeviceError.UNKNOWN_DEVICE,
                        "device",
                        "\"" + name + "\"",
                        "auto, cpu, cuda, or cuda:N with the number of a device",
                        "Name one of these")
                .exception();
    }

    private static Kernels cpu(KernelsConfig config) {
        if (config.portable().isPresent()) {
            return portable(config, config.portable().get());
        }
        Family family = FamilyChoice.choose().orElse(null);
        boolean canBfloat16 = family != null && family.hasBfloat16();
        boolean bfloat16 =
                switch (config.computePrecision()) {
                    case FLOAT32 -> false;
                    case AUTO -> canBfloat16;
                    case BFLOAT16 -> {
                        if (!canBfloat16) {
                            throw unsupported("compute-precision", "bfloat16", "float32", family);
                        }
                        yield true;
                    }
                };
        if (config.rounding() == WeightRounding.INT8 && family == null) {
            throw unsupported("quantization", "int8", "checkpoint", family);
        }
        if (config.rounding() == WeightRounding.FP8 && !bfloat16) {
            String allowed =
                    canBfloat16
                            ? "it with compute-precision = bfloat16, or checkpoint or int8"
                            : family == null ? "checkpoint" : "checkpoint or int8";
            throw unsupported("quantization", "fp8", allowed, family);
        }
        return family == null
                ? new CpuKernels(config)
                : new X86Kernels(
                        family,
                        config.threads(),
                        bfloat16,
                        config.rounding(),
                        multipliesBytes(config.activationQuantization(), bfloat16));
    }

    /** Who asks for float32 gets the weights' own values unless the option says otherwise. */
    private static boolean multipliesBytes(ActivationQuantization wanted, boolean bfloat16) {
        return switch (wanted) {
            case AUTO -> bfloat16;
            case CHECKPOINT -> true;
            case OFF -> false;
        };
    }

    private static Kernels portable(KernelsConfig config, String reason) {
        if (config.computePrecision() == ComputePrecision.BFLOAT16) {
            throw unsupportedFor("compute-precision", config.computePrecision(), "float32", reason);
        }
        if (config.rounding() != WeightRounding.CHECKPOINT) {
            throw unsupportedFor("quantization", config.rounding(), "checkpoint", reason);
        }
        FamilyChoice.choose()
                .ifPresent(
                        family ->
                                LOG.info(
                                        "The model runs on the Vector API instead of the kernels for {}, as {}.",
                                        family.text(),
                                        reason));
        return new CpuKernels(config);
    }

    private static KernelException unsupportedFor(
            String option, Enum<?> given, String allowed, String reason) {
        return new DeviceProblem(
                        DeviceError.UNSUPPORTED_ARITHMETIC,
                        "option " + option + " on the CPU",
                        given.name().toLowerCase(Locale.ROOT),
                        allowed + " for this model, as " + reason,
                        "Leave the option out, or use a checkpoint that the native kernels compute")
                .exception();
    }

    private static KernelException unsupported(
            String option, String given, String allowed, Family family) {
        return new DeviceProblem(
                        DeviceError.UNSUPPORTED_ARITHMETIC,
                        "option " + option,
                        given,
                        allowed
                                + ", which is what this processor has with "
                                + (family == null ? "the Vector API" : family.text()),
                        "Change the option, or run on a processor with AVX-512 BF16 or AMX")
                .exception();
    }

    private static Kernels cuda(KernelsConfig config) {
        if (config.rounding() != WeightRounding.CHECKPOINT) {
            throw new DeviceProblem(
                            DeviceError.UNSUPPORTED_ARITHMETIC,
                            "option quantization",
                            config.rounding().name().toLowerCase(Locale.ROOT),
                            "checkpoint, as a GPU multiplies by the checkpoint's own weights",
                            "Leave it out, set device = cpu, or use a quantised checkpoint")
                    .exception();
        }
        DeviceHealth.check();
        return new CudaKernels(CudaRuntime.open(config));
    }

    private static Kernels best(KernelsConfig config) {
        try {
            return cuda(config);
        } catch (KernelException e) {
            if (!saysNoUsableGpu(e)) {
                throw e;
            }
            LOG.info("The model runs on the CPU, as no GPU can be used. {}", e.getMessage());
            return cpu(config);
        }
    }

    private static boolean saysNoUsableGpu(KernelException e) {
        return e.problem().isPresent()
                && switch (e.problem().get().error()) {
                    case UNSUPPORTED_ARITHMETIC,
                            NO_DRIVER,
                            DRIVER_TOO_OLD,
                            NO_DEVICE,
                            ARCHITECTURE_TOO_OLD,
                            NO_KERNELS ->
                            true;
                    case UNKNOWN_DEVICE,
                            CORRUPT_KERNELS,
                            UNSUPPORTED_MODEL,
                            OUT_OF_MEMORY,
                            DRIVER_FAILED,
                            DEVICE_LOST ->
                            false;
                };
    }
}

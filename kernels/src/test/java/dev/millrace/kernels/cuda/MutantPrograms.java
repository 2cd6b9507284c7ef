package dev.millrace.kernels.cuda;

import dev.millrace.kernels.cuda.MutantKernels.Program;
import java.util.List;
import java.util.Map;

/** Which programs can show that a barrier is missing, by the file that it stands in. */
final class MutantPrograms {
    private static final String NOTHING = "(?m)^nothing of this kind\n";
    private static final String OTHER_HEADS =
            "(?m)^ +ATTENTION_ENTRY\\(attention_\\w+_##type##_d(32|64|96),.*\\\\\n"
                    + "|(?m)^ATTENTION_ENTRIES\\((?!bf16).*\n";

    private static final Program ATTENTION =
            new Program(
                    "attention.cu",
                    OTHER_HEADS,
                    List.of("attention_plan.cu", "rope_store_kv.cu"),
                    List.of(
                            "attention-decode-short",
                            "attention-decode-splits",
                            "attention-prefill-d128",
                            "attention-prefill-d256",
                            "attention-prefill-splits"));
    private static final Program PLAN =
            new Program("attention_plan.cu", NOTHING, List.of(), List.of("attention-plan"));
    private static final Program LINEAR =
            new Program(
                    "linear.cu",
                    "(?m)^ENTRY\\((gated_|linear_f16).*\n",
                    List.of(),
                    List.of("linear-bf16-64x16-", "linear-bf16-128x128-"));
    private static final Program GROUPS =
            new Program(
                    "linear_group.cu",
                    "(?m)^ENTRY\\((gated_)?linear_int._groups_f16.*\n",
                    List.of(),
                    List.of("linear-int4-groups-32x16-", "linear-int4-groups-64x64-"));
    private static final Program W8A8 =
            new Program(
                    "linear_w8a8.cu",
                    NOTHING,
                    List.of("quantize.cu"),
                    List.of("linear-e4m3-blocks-64x16-", "linear-e4m3-blocks-128x64-"));
    private static final Program WGMMA =
            new Program(
                    "linear_wgmma.cu",
                    "(?m)^ENTRY\\(linear_(f16|int8).*\n",
                    List.of("quantize.cu"),
                    List.of("linear-bf16-sm90-", "linear-e4m3-blocks-sm90-"));
    private static final Program NORMS =
            new Program("rms_norm.cu", NOTHING, List.of(), List.of("norm-"));
    private static final Program QUANTIZE =
            new Program("quantize.cu", NOTHING, List.of(), List.of("quantize-"));
    private static final Program SAMPLING =
            new Program("sampling.cu", NOTHING, List.of(), List.of("sample-"));
    private static final Program ARGMAX =
            new Program("argmax.cu", NOTHING, List.of("linear_wgmma.cu"), List.of("argmax"));
    private static final Program EXPERTS =
            new Program(
                    "experts.cu",
                    NOTHING,
                    List.of(),
                    List.of("experts-choose", "experts-sort", "experts-combine"));
    private static final Program EXPERT_PRODUCTS =
            new Program(
                    "linear_experts.cu",
                    "(?m)^EXPERT_ENTRY\\(expert_(gated_)?linear_f16.*\n",
                    List.of("experts.cu"),
                    List.of("experts-64x"));
    private static final Program LOGPROBS =
            new Program("logprobs.cu", NOTHING, List.of(), List.of("token-logprobs"));

    private static final Map<String, List<Program>> BY_FILE =
            Map.ofEntries(
                    Map.entry("argmax.cu", List.of(ARGMAX)),
                    Map.entry("attention.cu", List.of(ATTENTION)),
                    Map.entry("attention_tile.cuh", List.of(ATTENTION)),
                    Map.entry("attention_plan.cu", List.of(PLAN)),
                    Map.entry("experts.cu", List.of(EXPERTS)),
                    Map.entry("linear_experts.cu", List.of(EXPERT_PRODUCTS)),
                    Map.entry("linear_tile.cuh", List.of(LINEAR)),
                    Map.entry("linear_group.cu", List.of(GROUPS)),
                    Map.entry("linear_w8a8.cu", List.of(W8A8)),
                    Map.entry("linear_wgmma.cu", List.of(WGMMA)),
                    Map.entry("linear_wgmma.cuh", List.of(WGMMA)),
                    Map.entry("reduce.cuh", List.of(NORMS, SAMPLING)),
                    Map.entry("rms_norm.cu", List.of(NORMS)),
                    Map.entry("quantize.cu", List.of(QUANTIZE)),
                    Map.entry("sampling.cu", List.of(SAMPLING)),
                    Map.entry("sampling_select.cuh", List.of(SAMPLING)),
                    Map.entry("sampling_adjust.cuh", List.of(SAMPLING)),
                    Map.entry("logits.cuh", List.of(LOGPROBS)));

    private MutantPrograms() {}

    /** Those that include {@code file}; an error if it is not known here. */
    static List<Program> of(String file) {
        List<Program> programs = BY_FILE.get(file);
        if (programs == null) {
            throw new AssertionError("which kernel cases run " + file + "?");
        }
        return programs;
    }
}

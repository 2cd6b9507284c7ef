package dev.millrace.engine.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which files of a model are needed, out of the types that may be fetched at all: settings, tokenizer, chat template, and
 * weights as safetensors or one GGUF file. Pickled weights are never among them.
 */
final class FileChoice {
    static final String INDEX = "model.safetensors.index.json";

    private static final String SINGLE = "model.safetensors";
    private static final String GGUF = ".gguf";
    private static final long MAX_INDEX_BYTES = 64 << 20;
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
    private static final Set<String> SETTINGS =
            Set.of(
                    "config.json",
                    "generation_config.json",
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "chat_template.jinja",
                    // Of quantized checkpoints.
                    "quantize_config.json",
                    "quant_config.json",
                    "hf_quant_config.json",
                    // Its front matter names the licence.
                    "README.md");

    private FileChoice() {}

    /**
     * The files of {@code names} to fetch; when {@link #INDEX} is among them, those that it names come on top.
     *
     * @param chosen name or quantization of a GGUF file; empty for what the model has
     * @param where names the model in messages
     * @throws InvalidModelException if there is nothing to choose, or too much
     */
    static Set<String> of(Set<String> names, Optional<String> chosen, String where) {
        Set<String> wanted = new TreeSet<>();
        if (chosen.isEmpty() && hasSafetensors(names)) {
            wanted.addAll(SETTINGS);
            wanted.add(names.contains(INDEX) ? INDEX : SINGLE);
        } else {
            wanted.add("README.md");
            wanted.add(gguf(names, chosen, where));
        }
        wanted.retainAll(names);
        return wanted;
    }

    /** The GGUF file among {@code wanted}, if it is one that was chosen. */
    static Optional<String> ggufIn(Set<String> wanted) {
        return wanted.stream().filter(FileChoice::isGguf).findFirst();
    }

    /** Names of the shards in an index. */
    static Set<String> shards(Path index, String where) {
        Set<String> shards = new TreeSet<>();
        try {
            if (Files.size(index) <= MAX_INDEX_BYTES) {
                JsonNode root = new ObjectMapper().readTree(index.toFile());
                for (JsonNode shard : root.path("weight_map")) {
                    shards.add(shard.asText(""));
                }
            }
        } catch (IOException e) {
            shards.clear();
        }
        boolean plain =
                shards.stream().allMatch(s -> ModelFiles.isPlain(s) && s.endsWith(".safetensors"));
        if (shards.isEmpty() || !plain) {
            throw HubProblems.unexpected(
                    where + ", file " + INDEX,
                    "no list of safetensors files",
                    "weight_map with the names of safetensors files in the same folder");
        }
        return shards;
    }

    private static boolean hasSafetensors(Set<String> names) {
        return names.contains(INDEX) || names.contains(SINGLE);
    }

    private static String gguf(Set<String> names, Optional<String> chosen, String where) {
        chosen.ifPresent(name -> refuseOthers(name, where));
        List<String> ggufs = names.stream().filter(FileChoice::isGguf).toList();
        List<String> found =
                ggufs.stream().filter(n -> chosen.isEmpty() || matches(n, chosen.get())).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        if (ggufs.isEmpty()) {
            throw noWeights(names, where);
        }
        String all = String.join(", ", ggufs);
        if (found.isEmpty()) {
            throw HubProblems.refuse(
                    HubError.NO_SUCH_FILE,
                    where,
                    "no GGUF file '" + chosen.orElse("") + "'",
                    "one of " + all,
                    "Choose one with ORG/NAME:QUANTIZATION or --file");
        }
        throw HubProblems.refuse(
                HubError.AMBIGUOUS,
                where,
                found.size() + " GGUF files",
                "one of " + all,
                "Choose one with ORG/NAME:QUANTIZATION or --file; parts of a split file cannot be read");
    }

    private static void refuseOthers(String chosen, String where) {
        String name = chosen.toLowerCase(Locale.ROOT);
        if (PICKLES.stream().anyMatch(name::endsWith)) {
            throw pickle(where, chosen);
        }
        boolean otherFile = name.endsWith(".safetensors") || name.endsWith(".json");
        if (otherFile) {
            throw HubProblems.refuse(
                    HubError.NO_SUCH_FILE,
                    where,
                    "'" + chosen + "'",
                    "the name or quantization of a GGUF file",
                    "Leave the file out: safetensors weights are fetched with all they need");
        }
    }

    private static InvalidModelException noWeights(Set<String> names, String where) {
        Optional<String> pickled =
                names.stream().filter(n -> PICKLES.stream().anyMatch(n::endsWith)).findFirst();
        if (pickled.isPresent()) {
            throw pickle(where, pickled.get());
        }
        return HubProblems.refuse(
                HubError.NO_WEIGHTS,
                where,
                "neither " + SINGLE + ", " + INDEX + " nor a GGUF file",
                "weights as safetensors or GGUF",
                "Choose a model or revision that has them, or convert it");
    }

    private static InvalidModelException pickle(String where, String file) {
        return HubProblems.refuse(
                HubError.PICKLE,
                where,
                "pickled weights, " + file + "; reading those can run code",
                "weights as safetensors or GGUF",
                "Choose a model or revision that has them, or convert it");
    }

    private static boolean isGguf(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(GGUF);
    }

    /** Its name, or its last part in front of the ending: {@code model-Q4_K_M.gguf} for {@code q4_k_m}. */
    private static boolean matches(String file, String chosen) {
        String name = file.toLowerCase(Locale.ROOT);
        String wanted = chosen.toLowerCase(Locale.ROOT);
        String ending = wanted + GGUF;
        return name.equals(wanted)
                || name.equals(ending)
                || (name.endsWith(ending)
                        && "-.".indexOf(name.charAt(name.length() - ending.length() - 1)) >= 0);
    }
}

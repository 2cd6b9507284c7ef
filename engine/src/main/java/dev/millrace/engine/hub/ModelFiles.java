package dev.millrace.engine.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a model holds at one commit.
 *
 * @param commit names a snapshot
 * @param names of the files in its top folder; others are left out
 */
record ModelFiles(String commit, Set<String> names) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Reads the hub's answer; {@code where} names it in messages. */
    static ModelFiles read(byte[] info, String where) {
        JsonNode root;
        try {
            root = MAPPER.readTree(info);
        } catch (IOException e) {
            throw HubProblems.unexpected(where, "no JSON", "the JSON description of a model");
        }
        String commit = root.path("sha").asText("");
        if (!HubClient.isCommitName(commit) || !root.path("siblings").isArray()) {
            throw HubProblems.unexpected(
                    where, "JSON without sha and siblings", "the JSON description of a model");
        }
        Set<String> names = new TreeSet<>();
        for (JsonNode sibling : root.get("siblings")) {
            String name = sibling.path("rfilename").asText("");
            if (isPlain(name)) {
                names.add(name);
            }
        }
        return new ModelFiles(commit, names);
    }

    /** Whether a name can only mean a file in the folder itself. */
    static boolean isPlain(String name) {
        return !name.isEmpty()
                && !name.startsWith(".")
                && name.length() <= 200
                && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != '\\');
    }
}

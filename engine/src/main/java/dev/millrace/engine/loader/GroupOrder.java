package dev.millrace.engine.loader;

import java.util.Optional;

/** Which group of inputs each input belongs to, where a checkpoint says so ({@code g_idx} of GPTQ with act-order). */
final class GroupOrder {
    private final int[] groups;

    private GroupOrder(int[] groups) {
        this.groups = groups;
    }

    /** Read from a tensor of k integers, each below {@code numGroups}. */
    static GroupOrder read(StoredTensor tensor, int numGroups) {
        int[] groups = PackedWords.read(tensor);
        for (int i = 0; i < groups.length; i++) {
            if (groups[i] < 0 || groups[i] >= numGroups) {
                throw Problems.refuse(
                        QuantizationError.VALUE,
                        tensor.where() + ", input " + i,
                        "group " + groups[i],
                        "0 to " + (numGroups - 1),
                        Problems.FETCH_AGAIN);
            }
        }
        return new GroupOrder(groups);
    }

    /** The group of input {@code i}. */
    int group(int i) {
        return groups[i];
    }

    /** Whether input i is in group {@code i / groupSize}. */
    boolean isPlain(int groupSize) {
        for (int i = 0; i < groups.length; i++) {
            if (groups[i] != i / groupSize) {
                return false;
            }
        }
        return true;
    }

    /**
     * The inputs ordered by group, those of one group as they were: place {@code i} of the result is in group {@code i /
     * groupSize}. Empty when the groups are not of that size.
     */
    Optional<int[]> permutation(int groupSize) {
        int[] order = new int[groups.length];
        int[] filled = new int[(groups.length + groupSize - 1) / groupSize];
        for (int i = 0; i < groups.length; i++) {
            int group = groups[i];
            if (group >= filled.length
                    || filled[group] == groupSize
                    || group * groupSize + filled[group] >= order.length) {
                return Optional.empty();
            }
            order[group * groupSize + filled[group]++] = i;
        }
        return Optional.of(order);
    }
}

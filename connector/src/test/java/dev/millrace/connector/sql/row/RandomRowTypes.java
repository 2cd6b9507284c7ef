package dev.millrace.connector.sql.row;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarCharType;

/** Row types of all supported types, nested, nullable or not. */
final class RandomRowTypes {
    private static final List<String> NAMES =
            List.of(
                    "a",
                    "category",
                    "with space",
                    "quo\"te",
                    "back\\slash",
                    "ünïcode",
                    "日本",
                    "$ref");
    private static final int LEAVES = 16;

    private RandomRowTypes() {}

    static RowType row(RandomGenerator random, int depth) {
        List<RowType.RowField> fields = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            String name = NAMES.get(random.nextInt(NAMES.size())) + i;
            fields.add(new RowType.RowField(name, type(random, depth)));
        }
        return new RowType(random.nextBoolean(), fields);
    }

    private static LogicalType type(RandomGenerator random, int depth) {
        boolean nullable = random.nextBoolean();
        return switch (random.nextInt(depth > 0 ? LEAVES + 4 : LEAVES)) {
            case 0 -> new CharType(nullable, 1 + random.nextInt(6));
            case 1 -> new VarCharType(nullable, 1 + random.nextInt(40));
            case 2 -> new VarCharType(nullable, VarCharType.MAX_LENGTH);
            case 3 -> new BooleanType(nullable);
            case 4 -> new TinyIntType(nullable);
            case 5 -> new SmallIntType(nullable);
            case 6 -> new IntType(nullable);
            case 7 -> new BigIntType(nullable);
            case 8 -> new FloatType(nullable);
            case 9 -> new DoubleType(nullable);
            case 10, 11 -> decimal(random, nullable);
            case 12 -> new DateType(nullable);
            case 13 -> new TimeType(nullable, random.nextInt(10));
            case 14 -> new TimestampType(nullable, random.nextInt(10));
            case 15 -> new LocalZonedTimestampType(nullable, random.nextInt(10));
            case 16, 17 -> new ArrayType(nullable, type(random, depth - 1));
            default -> row(random, depth - 1);
        };
    }

    private static DecimalType decimal(RandomGenerator random, boolean nullable) {
        int precision = 1 + random.nextInt(DecimalType.MAX_PRECISION);
        return new DecimalType(nullable, precision, random.nextInt(precision + 1));
    }
}

package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import java.io.IOException;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicalTypeCheckTest {

    /** Each type stands for the only field of a record. The value would be read without the check. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'int','logicalType':'date'} | {'type':'int','logicalType':'time-millis'}"
                        + " | 00 | R.f is a date there and a time-millis here",
                "{'type':'int','logicalType':'time-millis'} | {'type':'long','logicalType':'time-micros'}"
                        + " | 00 | R.f is a time-millis there and a time-micros here",
                "{'type':'array','items':{'type':'long','logicalType':'timestamp-millis'}}"
                        + " | {'type':'array','items':['null',{'type':'long','logicalType':'timestamp-micros'}]}"
                        + " | 00 | R.f[] is a timestamp-millis there",
                "{'type':'map','values':{'type':'bytes','logicalType':'decimal','precision':9,'scale':2}}"
                        + " | {'type':'map','values':{'type':'bytes','logicalType':'decimal','precision':9}}"
                        + " | 00 | R.f{} is a decimal with 2 digits behind the point there",
                "{'type':'record','name':'Days','fields':[{'name':'x','type':{'type':'int','logicalType':'date'}}]}"
                        + " | {'type':'record','name':'Days','fields':[{'name':'y','aliases':['x'],"
                        + "'type':{'type':'int','logicalType':'time-millis'}}]}"
                        + " | 0E | R.f.y is a date there",
            })
    void valuesThatWouldMeanSomethingElseAreRefused(
            String writer, String reader, String hex, String message) throws IOException {
        assertRefused(type(writer), type(reader), hex, message);
        assertThat(AvroReaderTest.evolving(type(plain(reader)), type(writer)).read(bytes(hex)))
                .isNotNull();
    }

    /** Pairs of unions: how the writer's first branch, a record of a date, finds its own in the reader's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "by its name          | Days - date  | Times - time-millis, Days - time-millis",
                "by an alias          | Days - date  | Times - date, Eras Days time-millis",
                "by its fields        | Days - date  | Times - time-millis",
                "by its fields, first | Days - date  | Times - time-millis, Eras - date",
            })
    void recordsOfAUnionAreComparedWhereAvroLetsThemMeet(String how, String writer, String reader)
            throws IOException {
        assertRefused(union(writer), union(reader), "000E", "R.f.x is a date there");
        Schema same = union(reader.replace("time-millis", "date"));
        assertThat(AvroReaderTest.evolving(same, union(writer)).read(bytes("000E")).get("f"))
                .as(how)
                .hasToString("{\"x\": 7}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Days - date, Times - time-millis | Days - date, Times - time-millis",
                "Days - date                       | Times - time-millis, Days - date",
                "Days - date                       | Times - time-millis, Eras Days date",
            })
    void recordsThatDoNotMeetAreNotCompared(String writer, String reader) throws IOException {
        assertThat(
                        AvroReaderTest.evolving(union(reader), union(writer))
                                .read(bytes("000E"))
                                .get("f"))
                .hasToString("{\"x\": 7}");
    }

    /** Avro itself refuses a value of it, and only that. */
    @Test
    void aBranchThatDoesNotResolveIsOnlyAnErrorWhereAValueHasIt() throws IOException {
        Schema writer = type("[{'type':'int','logicalType':'date'},'string']");
        Schema reader = type("{'type':'string','logicalType':'uuid'}");
        AvroReader evolving = AvroReaderTest.evolving(reader, writer);
        assertThat(evolving.read(bytes("020261")).get("f")).hasToString("a");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> evolving.read(bytes("000E")))
                .withMessageContaining("[LLM-AV-14]")
                .withMessageContaining("Found int");
    }

    private static void assertRefused(Schema writer, Schema reader, String hex, String message) {
        AvroReader evolving = AvroReaderTest.evolving(reader, writer);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> evolving.read(bytes(hex)))
                .withMessageContaining("[LLM-AV-14]")
                .withMessageContaining(message);
    }

    private static Schema type(String json) {
        return AvroReaderTest.record(json.replace('\'', '"'));
    }

    /** The type without what it means. */
    private static String plain(String type) {
        return type.replaceAll(",'logicalType':'[^']*'", "");
    }

    /** Of records named, with an alias or none and the meaning of their one field {@code x}. */
    private static Schema union(String branches) {
        StringBuilder all = new StringBuilder();
        for (String branch : branches.split(", ", -1)) {
            String[] words = branch.split(" ", -1);
            String aliases = words[1].equals("-") ? "" : "'" + words[1] + "'";
            all.append(all.isEmpty() ? "[" : ",")
                    .append(
                            "{'type':'record','name':'%s','aliases':[%s],'fields':[{'name':'x','type':{'type':'int','logicalType':'%s'}}]}"
                                    .formatted(words[0], aliases, words[2]));
        }
        return type(all.append("]").toString());
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Random;

/** Prints how Java spells doubles: a JSON list of [literal, Double.toString]; the same on every run. */
public class Doubles {
    public static void main(String[] arguments) {
        LinkedHashSet<String> literals = new LinkedHashSet<>();
        for (String literal : new String[] {"0.0", "-0.0", "1", "0.5", "100", "0.001", "0.0001", "1e7", "1e22", "12345678.9", "9999999",
            "9999999.5", "-1.5e-10", "123.456", "0.1", "1.7976931348623157e308", "2.2250738585072014e-308", "3600", "0.00999"}) {
            literals.add(literal);
        }
        Random random = new Random(7);
        for (int count = 0; count < 200; count++) {
            // Up to nine digits: what limits and inputs have, and where every Java version agrees.
            literals.add((random.nextBoolean() ? "" : "-") + (1 + random.nextInt(999_999_998)) + "e" + (random.nextInt(34) - 20));
        }
        StringBuilder lines = new StringBuilder();
        for (String literal : literals) {
            lines.append(lines.length() == 0 ? "[" : ",\n ");
            lines.append(String.format(Locale.ROOT, "[\"%s\", \"%s\"]", literal, Double.toString(Double.parseDouble(literal))));
        }
        System.out.println(lines.append("]"));
    }
}

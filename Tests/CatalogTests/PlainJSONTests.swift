import Catalog
import Testing

/// `JSONValue(parsing:)` has a quick way for plain texts; it must say what the careful reader says.
@Suite struct PlainJSONTests {
    @Test(
        arguments: [
            "{}", "[]", "null", "true", "false", "0", "-1", "1.5", "-2.5e-3", "1E+2", "999999999999999999",
            #"{"a":1,"b":[1,2.0,"x",null,{"c":true}],"":""}"#, " [ 1 , 2 ]\n", #""text""#,
            // Not plain, or wrong.
            "-0", "0.0", "-0.0", "01", "-01", "1.", ".5", "1e", "+1", "1e999", "1e-999", "9223372036854775807",
            "9223372036854775808", "123456789012345678901", #""a\n""#, #""é""#, "\"\u{7F}\"", #"{"a":1,"a":2}"#,
            "[1,]", "{,}", #"{"a" 1}"#, "[1 2]", "tru", "nul", "truefalse", "", " ", "[", "{", "\"", "1 2", "{a:1}",
            "// x\n1", "[1]]", "\t1", "\r\n1", #"{"a":}"#, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]",
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
            String(repeating: "[", count: 70) + String(repeating: "]", count: 70), "'a'", "NaN", "\"a\nb\"",
        ])
    func bothWaysAgree(_ text: String) {
        let careful = JSONReader.read(Array(text.utf8), options: .strict)
        let quick = try? JSONValue(parsing: text)
        #expect(quick == (careful.errors.isEmpty ? careful.node?.value : nil), "\(text)")
        if let quick { #expect(quick.text == careful.node?.value.text) }
    }

    @Test func everyCutOfATextAgrees() {
        let text = #"{"base":{"components":4,"name":"gmm"},"x":[1.25,-3,1e-9,"a b"],"t":true,"n":null,"seed":12}"#
        for count in 0...text.utf8.count {
            bothWaysAgree(String(text.prefix(count)))
            bothWaysAgree(String(text.prefix(count)) + "}")
        }
    }
}

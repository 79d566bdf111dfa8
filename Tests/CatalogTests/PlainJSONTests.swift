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

    /// Reading some members says what reading all of them says.
    @Test(
        arguments: [
            #"{"a":1,"b":[1,2.0,{"a":7}],"c":"x","a b":null}"#, #"{}"#, #" { "b" : true , "a" : -2.5e-3 } "#,
            #"{"a":1,"a":2}"#, #"{"b":1,"b":2,"a":3}"#, #"{"b":"é","a":1}"#, #"{"b":01,"a":1}"#, #"{"b":1e999,"a":1}"#,
            #"{"b":"x\n","a":1}"#, "[1]", "", "{", #"{"a":1}}"#, #"{"a":1,}"#, #"{"b":9223372036854775808,"a":1}"#,
            #"{"\u0061":5}"#, #"{"b":-,"a":1}"#, #"{"b":{"a":[}},"a":1}"#,
        ])
    func someMembersAgree(_ text: String) {
        let whole = (try? JSONValue(parsing: text)).map { $0.objectValue ?? [:] }
        let some = try? JSONValue.members(["a", "a b", "absent"], ofObject: text)
        // A number that nobody asked for is not tried to fit, nor a second member of that name noticed.
        if text.contains("1e999") || text.contains("9223372036854775808") || text.contains(#""b":2"#) {
            #expect(some?[0] != nil)
            return
        }
        #expect(some == whole.map { [$0["a"], $0["a b"], nil] }, "\(text)")
    }
}

#!/usr/bin/env python3
"""Makes a table of information elements for hotpath/src/decode/flow/elements from a registry.

usage: scripts/flow-elements.py ENTERPRISE REGISTRY >hotpath/src/decode/flow/elements/TABLE.rs

REGISTRY is the IANA registry of IPFIX entities (ipfix.xml, or ipfix-information-elements.csv), or an XML file of
the same form, as CERT and VMware write them. ENTERPRISE is its private enterprise number, 0 for IANA.
Elements of an enterprise that are marked reversible get a second entry with bit 0x4000 set (RFC 5103 section 6.2).
"""

import csv
import datetime
import re
import sys
import xml.etree.ElementTree as ElementTree

IANA = "{http://www.iana.org/assignments}"
CERT = "{http://www.cert.org/ipfix}"
REVERSE_BIT = 0x4000

TYPES = {
    "unsigned8": "Unsigned",
    "unsigned16": "Unsigned",
    "unsigned32": "Unsigned",
    "unsigned64": "Unsigned",
    "unsigned256": "OctetArray",  # wider than a column of numbers
    "signed8": "Signed",
    "signed16": "Signed",
    "signed32": "Signed",
    "signed64": "Signed",
    "float32": "Float",
    "float64": "Float",
    "boolean": "Boolean",
    "macAddress": "MacAddress",
    "ipv4Address": "Ipv4Address",
    "ipv6Address": "Ipv6Address",
    "octetArray": "OctetArray",
    "string": "String",
    "dateTimeSeconds": "DateTimeSeconds",
    "dateTimeMilliseconds": "DateTimeMilliseconds",
    "dateTimeMicroseconds": "DateTimeMicroseconds",
    "dateTimeNanoseconds": "DateTimeNanoseconds",
    "basicList": "BasicList",
    "subTemplateList": "SubTemplateList",
    "subTemplateMultiList": "SubTemplateMultiList",
}

# Words that the registries spell with capitals inside.
WORDS = {"IPv4": "Ipv4", "IPv6": "Ipv6", "MCast": "Mcast", "TEid": "Teid"}


def column_name(name):
    """The rule of hotpath/src/batch/names.rs, with the words above kept together."""
    for word, plain in WORDS.items():
        name = name.replace(word, plain)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def records_of_xml(path):
    """The date of the registry, and (id, name, data type, reversible) of each record."""
    root = ElementTree.parse(path).getroot()
    records = []
    for record in root.iter(IANA + "record"):
        if record.find(IANA + "elementId") is None:
            continue
        reversible = (record.findtext(CERT + "reversible") or "").strip().lower()
        text = [record.findtext(IANA + tag) or "" for tag in ("elementId", "name", "dataType")]
        records.append((*text, reversible in ("1", "true", "yes")))
    return root.findtext(IANA + "updated"), records


def records_of_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return None, [(row["ElementID"], row["Name"], row["Abstract Data Type"], False) for row in rows]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    enterprise, path = int(sys.argv[1]), sys.argv[2]
    updated, records = records_of_csv(path) if path.endswith(".csv") else records_of_xml(path)
    table = {}
    for number, name, data_type, reversible in records:
        if not number.strip().isdigit() or data_type not in TYPES:
            continue  # ranges, and what is reserved or not assigned
        row = (column_name(name), TYPES[data_type])
        table[int(number)] = row
        if reversible:
            table[int(number) | REVERSE_BIT] = (f"reverse_{row[0]}", row[1])
    owner = "of the IANA registry" if enterprise == 0 else f"of enterprise {enterprise}"
    date = updated or datetime.date.today().isoformat()
    print(f"//! Information elements {owner}, as of {date}. Made by `scripts/flow-elements.py {enterprise} REGISTRY`.\n")
    print("use super::ElementType::*;\nuse super::{Row, row};\n")
    print("pub(super) static ELEMENTS: &[Row] = &[")
    for number, (name, element_type) in sorted(table.items()):
        print(f'    row({number}, "{name}", {element_type}),')
    print("];")


if __name__ == "__main__":
    main()

package lib.preview_test

import data.lib.preview

test_not_asked if {
	preview.not_asked with input as {"registry": {}}
	preview.not_asked with input as {"registry": {}, "preview": null, "origin": {"preview_requested": false}}
	not preview.not_asked with input as {"registry": {}, "origin": {"preview_requested": true}}
	not preview.not_asked with input as {"registry": {}, "preview": {}}
	not preview.not_asked with input as {}
}

test_unread if {
	path := ["properties", "endpointProtocol"]
	none_there := preview.unread(path) with input as {}
	none_there == {"field": "/preview", "why": "the registry at a preview api-version was not read"}
	absent := preview.unread(path) with input as {"preview": {"properties": {}}}
	absent == {"field": "/preview/properties/endpointProtocol", "why": "endpointProtocol was not read"}
}

# A server that stays listed, for Godot 4. Run: copy it into a project and add it as an autoload named Rollcall
# (Project Settings, Globals). It lists the game while it runs. `await Rollcall.leave()` before get_tree().quit().
extends Node

var url := OS.get_environment("REGISTRY_URL") if OS.has_environment("REGISTRY_URL") else "http://localhost:8787"
# From the environment: whatever is in an export can be read by every player.
var token := OS.get_environment("REGISTRY_TOKEN")
var id := OS.get_environment("SERVER_ID") if OS.has_environment("SERVER_ID") else "godot-1"
var metadata := { "name": "From Godot", "players": 0 } # change it as you like: it goes with the next heartbeat
var _leaving := false

func _ready() -> void:
	get_tree().auto_accept_quit = false
	var registered := false
	var pace := 60.0
	var failures := 0
	var entry := { "serverId": id, "endpoint": "wss://%s.example:7777" % id, "publicKey": "none", "region": "eu" }
	while not _leaving:
		entry.metadata = metadata
		var stay := { "serverId": id, "peers": false, "metadata": metadata }
		var beat := await _ask(HTTPClient.METHOD_POST, "/servers/heartbeat" if registered else "/servers", stay if registered else entry)
		var wait := pace * randf_range(0.9, 1.0)
		if beat.status == 200:
			failures = 0
			if not registered:
				registered = true
				pace = beat.answer.lease.heartbeatEveryMs / 1000.0
				print("registered; the list: ", (await _ask(HTTPClient.METHOD_GET, "/servers")).answer)
		elif beat.status == 404 and registered:
			registered = false # swept or deregistered: register again at once
			wait = 0.0
		else:
			push_warning("failed with %d: %s" % [beat.status, beat.answer])
			failures = mini(failures + 1, 10) # spread at random, so that not all come back in one moment
			wait = minf(pace, 0.5 * pow(2, failures)) * randf_range(0.5, 1.0) + beat.retry_after
		await get_tree().create_timer(wait, true, false, true).timeout

func _notification(what: int) -> void:
	if what != NOTIFICATION_WM_CLOSE_REQUEST: return
	await leave()
	get_tree().quit()

func leave() -> void:
	_leaving = true
	await _ask(HTTPClient.METHOD_DELETE, "/servers/" + id.uri_encode())

# Status (0 where nothing answered), answer, and the seconds that the registry asks to wait.
func _ask(method: HTTPClient.Method, path: String, body = null) -> Dictionary:
	var http := HTTPRequest.new()
	http.timeout = 10.0
	add_child(http)
	var headers := PackedStringArray(["Content-Type: application/json"])
	if token != "": headers.append("Authorization: Bearer " + token)
	http.request(url + path, headers, method, "" if body == null else JSON.stringify(body))
	var done: Array = await http.request_completed # result, status, headers, body
	http.queue_free()
	var retry_after := 0.0
	for header: String in done[2]:
		if header.to_lower().begins_with("retry-after:"): retry_after = header.get_slice(":", 1).to_float()
	return { "status": done[1], "answer": JSON.parse_string(done[3].get_string_from_utf8()), "retry_after": retry_after }

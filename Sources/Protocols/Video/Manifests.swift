// How players find a clip's segments: one MPEG-DASH manifest (ISO/IEC 23009-1), and HLS playlists (RFC 8216) over the same files.
//
//   manifest.mpd                  DASH
//   master.m3u8, NAME/index.m3u8  HLS
//   NAME/init.mp4                 what comes before any segment of a quality
//   NAME/1.m4s …                  segments

extension Clip {
  /// The DASH manifest: which qualities there are, and by which rule segments are called.
  public var dashManifest: String {
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static""#
        + #" mediaPresentationDuration="PT\#(duration)S" minBufferTime="PT\#(Clip.segmentSeconds * 2)S">"#,
      #"  <Period id="1" start="PT0S">"#,
      #"    <AdaptationSet contentType="video" mimeType="\#(Clip.mediaType)" segmentAlignment="true" startWithSAP="1">"#,
      #"      <SegmentTemplate timescale="1" duration="\#(Clip.segmentSeconds)" startNumber="1""#
        + #" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s"/>"#,
    ]
    for rung in rungs {
      lines.append(
        #"      <Representation id="\#(rung.name)" codecs="\#(Clip.codecs)" width="\#(rung.width)" height="\#(rung.height)""#
          + #" frameRate="\#(rung.framesPerSecond)" bandwidth="\#(bandwidth(of: rung))"/>"#)
    }
    lines += ["    </AdaptationSet>", "  </Period>", "</MPD>"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// RFC 8216 §4.3.4.2: the HLS playlist of playlists, one for each quality.
  public var masterPlaylist: String {
    var lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rung in rungs {
      lines.append(
        "#EXT-X-STREAM-INF:BANDWIDTH=\(bandwidth(of: rung)),RESOLUTION=\(rung.width)x\(rung.height),FRAME-RATE=\(rung.framesPerSecond).000,CODECS=\"\(Clip.codecs)\"")
      lines.append("\(rung.name)/index.m3u8")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// RFC 8216 §4.3.3: the playlist of one quality. All qualities have the same.
  public var mediaPlaylist: String {
    var lines = [
      "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:\(Clip.segmentSeconds)", "#EXT-X-MEDIA-SEQUENCE:1", "#EXT-X-PLAYLIST-TYPE:VOD",
      "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-MAP:URI=\"init.mp4\"",
    ]
    for number in 1...segmentCount { lines += ["#EXTINF:\(Clip.segmentSeconds).000,", "\(number).m4s"] }
    lines.append("#EXT-X-ENDLIST")
    return lines.joined(separator: "\n") + "\n"
  }
}
